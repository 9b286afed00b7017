"""The figures of ``feedback.insight`` as the desk shows them: questions, names, charts, tables and CSV.

What somebody may see of them is what they may see of the shipments.
"""
