"""A GAN that learns before the eyes of a class: a session to be played by hand, and the scene it is seen in."""
