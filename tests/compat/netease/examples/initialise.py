"""Initialisation.

As the vendor prints it; a user must say who AppKey and AppSecret are.
"""

from vcloud import Client

AppKey, AppSecret = "Your AppKey", "Your AppSecret"

client = Client(AppKey, AppSecret)
