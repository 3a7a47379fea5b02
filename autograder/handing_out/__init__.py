"""What students take home.

Uses: files, building, pages.
Face: lab, package.
"""
