"""The seam for proof of delivery: photos, signatures, PINs and receipts.

No proof is taken yet, so this package has no tables.
"""
