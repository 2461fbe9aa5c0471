"""Telling receivers of events: what is due is rendered in the receiver's style, sent, judged and, if need be,
sent again later. The rows come from :class:`vodkit.server.events.EventTable`; the worker does the rest.
"""
