"""The seam for what a shopper may change: offered actions, written by those who plan, and the changes asked for.

No action is offered yet, so this package has no tables.
"""
