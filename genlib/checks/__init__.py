r"""What the labs' check cells call: laws that every right answer keeps, however it is written.

A check computes what must hold in another way than the task asks for, and compares. It prints one line where all is
well; elsewhere its `AssertionError` says what was looked at, got and expected, and never how to do better. The inputs
are drawn, anew for each `seed`, from a generator of the check's own.

One module per lab, imported as `from genlib.checks import rbm as checks`.
"""
