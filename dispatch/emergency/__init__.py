"""Emergencies: everybody at risk in an area is asked whether they are safe, and nobody is forgotten (decision 0023).

``area``
    Whom it concerns: the elders of some communities, or around a point; which volunteers are in reach.
``declare``
    What it would do, shown before anything is sent; then its rows, all in one transaction.
``asking``
    The clock's steps: a text, a second way, a person who calls, a neighbour who looks in.
``roll_call``
    The one door through which an entry moves, and who telephones with whom.
``answers``
    What comes back: texts of elders, families and volunteers.
``visits``, ``reports``
    The neighbour who looks in, and what comes of it.
``call_up``
    Volunteers asked whether they can help.
``ending``
    The end, and what it leaves.
``page``, ``figures``, ``views``, ``forms``
    What staff see.
"""
