"""The optimiser: plain data in, plain data out. Knows neither Django nor a database.

``problem`` says what is asked, ``plan`` what is answered, ``solving`` goes from one to the other, ``simulating`` drives
a plan through true traffic, ``checking`` finds what is wrong with one.
"""
