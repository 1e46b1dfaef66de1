"""Single sign-on: the protocols that organizations' providers speak."""
