"""Receipts: what was delivered, when, where and by whom, signed so that anybody can check it without us.

``contents`` reads one off the rows, ``paper`` draws it, ``issuing`` hands it out. ``sealing`` signs both forms, and
proves or refutes them knowing neither the database nor the settings.
"""
