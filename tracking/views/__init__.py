"""The edge towards browsers and machines: each view finds the link, gathers the facts, and puts them into one form."""
