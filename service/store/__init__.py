"""What must survive a restart: the inbox, the work queue's rows and the journal, in one database."""
