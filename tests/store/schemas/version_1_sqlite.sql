-- As the first Closeout created it, before there were migrations.
CREATE TABLE deliveries (
  forge TEXT NOT NULL,
  id TEXT NOT NULL,
  event TEXT NOT NULL,
  body BLOB NOT NULL,
  received_at DOUBLE NOT NULL,
  nudges JSON NOT NULL,
  PRIMARY KEY (forge, id)
);
CREATE INDEX deliveries_received_at ON deliveries (received_at);
CREATE TABLE journal (
  id INTEGER NOT NULL,
  at DOUBLE NOT NULL,
  issue TEXT NOT NULL,
  rule TEXT NOT NULL,
  change TEXT NOT NULL,
  target TEXT NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX journal_issue ON journal (issue, id);
CREATE TABLE schema_version (
  id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  checked_at DOUBLE,
  PRIMARY KEY (id)
);
CREATE TABLE work (
  issue TEXT NOT NULL,
  state TEXT NOT NULL,
  wanted INTEGER NOT NULL,
  claimed INTEGER NOT NULL,
  done INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  due_at DOUBLE,
  first_at DOUBLE,
  hold_until DOUBLE,
  owner TEXT,
  attempts INTEGER NOT NULL,
  crashes INTEGER NOT NULL,
  error TEXT,
  changed_at DOUBLE NOT NULL,
  PRIMARY KEY (issue)
);
CREATE INDEX work_due_at ON work (due_at);
