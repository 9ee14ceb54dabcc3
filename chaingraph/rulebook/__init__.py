"""The rules as a book: each with its meaning, an example, and what to do.

``cases.json`` holds an example of every rule and what the program says of it; the tests run all of
them, so that the book says what the program does.
"""
