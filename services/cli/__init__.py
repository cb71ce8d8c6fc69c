"""The command line: no service, but what a person has in hand to start them, to use them and to look inside.

It speaks to the services over HTTP as anybody would. The operator's commands (`serve`, `events`, `rebuild`,
`check`) reach for the log and the databases themselves, with the settings of the service that they are about.
"""
