"""What a shopper may change, and what they changed.

Actions are offered by those who plan and carry (above), with a cut-off each; a change is written here, and whoever can
carry it out hears ``signals.change_asked``.
"""
