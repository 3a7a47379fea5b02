"""Perceptrons with any number of layers, their data and their training.

Face: datasets, network, training, training_pictures.
"""
