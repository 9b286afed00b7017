"""What partners' programs write, read into one shape. Plain bytes in, plain data out.

A module a format. Each proves where a payload comes from before it is read, and reads no status into what it does not
know.
"""
