"""What is done with media once it is here: looking into files, and making others of them.

Nothing in here knows a provider, the catalog or the workflow. Every file that came from outside is opened in
a child process of its own (:mod:`.child`), never in this one.
"""
