"""The worker's side of tasks: who does them, how they go on after a crash, and how their results appear.

::

    contract    what pulls and chores bring
    leases      which workers are alive, and what becomes of the tasks of one that is not
    admission   which of the waiting tasks begin now
    engine      DBOS: runs a task's steps once each, and remembers those that are done
    held        a task in the hands of a worker: every row it writes is fenced
    folder      where the files of a task are while it is worked on
    guard       how steps fail
    procedure   the steps of a procedure
    pulling     the steps of a pull
    publish     how what was made becomes the media's

The service imports none of this but :mod:`.leases`: it writes ``tasks`` rows and keeps a worker alive.
"""
