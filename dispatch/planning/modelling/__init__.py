"""A problem in the words of PyVRP, and its answers in ours. The only place that knows PyVRP, beside ``searching``.

What PyVRP does not know is put in words that it does: several windows of a visit are clients of one group; who may not
serve a visit has no way to it; a pause is an optional client worth as much as a tour without it costs extra, with a
load of its own kind of which each vehicle holds one; what a tour has begun with is gone through beforehand, and its
vehicle starts where that ends; drives are as slow as the traffic is when they are likely to be made.
"""
