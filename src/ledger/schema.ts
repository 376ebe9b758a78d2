/** `PRAGMA application_id` of a ledger: the bytes `WLKB`. */
export const applicationId = 0x574c4b42;

const first = `
CREATE TABLE session (
  id TEXT PRIMARY KEY, runbook_hash TEXT NOT NULL, format INTEGER NOT NULL, created TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  session TEXT NOT NULL REFERENCES session(id), seq INTEGER NOT NULL CHECK (seq > 0),
  id TEXT NOT NULL, at TEXT NOT NULL, mono REAL NOT NULL, boot TEXT NOT NULL,
  actor TEXT NOT NULL, role TEXT NOT NULL, type TEXT NOT NULL, format INTEGER NOT NULL,
  body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (session, seq)
) STRICT, WITHOUT ROWID;

-- Values and salts behind the commitments in event.body: [{path, salt, value}]. Only a purge may change them.
CREATE TABLE opening (
  session TEXT NOT NULL, seq INTEGER NOT NULL, openings TEXT NOT NULL, purges INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (session, seq), FOREIGN KEY (session, seq) REFERENCES event(session, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE purge (
  session TEXT NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('output', 'field')), ref TEXT NOT NULL, reason TEXT NOT NULL CHECK (reason <> ''),
  PRIMARY KEY (session, n)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER session_no_update BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER session_no_delete BEFORE DELETE ON session BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER session_no_replace BEFORE INSERT ON session
  WHEN EXISTS (SELECT 1 FROM session WHERE id = NEW.id)
  BEGIN SELECT RAISE(ABORT, 'this place in the ledger is taken'); END;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER event_no_replace BEFORE INSERT ON event
  WHEN EXISTS (SELECT 1 FROM event WHERE session = NEW.session AND seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'this place in the ledger is taken'); END;
CREATE TRIGGER event_no_gap BEFORE INSERT ON event
  WHEN NEW.seq > 1 AND NOT EXISTS (
    SELECT 1 FROM event WHERE session = NEW.session AND seq = NEW.seq - 1 AND hash = NEW.prev)
  BEGIN SELECT RAISE(ABORT, 'this event does not follow the last one'); END;
CREATE TRIGGER opening_only_purged BEFORE UPDATE ON opening
  WHEN NEW.purges <> OLD.purges + 1 OR NEW.session <> OLD.session OR NEW.seq <> OLD.seq
  BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER opening_no_delete BEFORE DELETE ON opening BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER opening_no_replace BEFORE INSERT ON opening
  WHEN EXISTS (SELECT 1 FROM opening WHERE session = NEW.session AND seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'this place in the ledger is taken'); END;
CREATE TRIGGER purge_no_update BEFORE UPDATE ON purge BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER purge_no_delete BEFORE DELETE ON purge BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER purge_no_replace BEFORE INSERT ON purge
  WHEN EXISTS (SELECT 1 FROM purge WHERE session = NEW.session AND n = NEW.n)
  BEGIN SELECT RAISE(ABORT, 'this place in the ledger is taken'); END;

-- Outside the chain, hashed in it.
CREATE TABLE blob (hash TEXT PRIMARY KEY, size INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE TABLE output (
  session TEXT NOT NULL, attempt TEXT NOT NULL, n INTEGER NOT NULL, blob TEXT NOT NULL REFERENCES blob(hash),
  PRIMARY KEY (session, attempt, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX output_blob ON output(blob);
CREATE TABLE output_seal (
  session TEXT NOT NULL, attempt TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, lines INTEGER NOT NULL,
  truncated INTEGER NOT NULL, purged INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (session, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE sample (
  session TEXT NOT NULL, series TEXT NOT NULL, at REAL NOT NULL, value REAL,
  PRIMARY KEY (session, series, at)
) STRICT, WITHOUT ROWID;

-- Projections: made from the events, and made again by rebuildProjections.
CREATE TABLE session_row (
  id TEXT PRIMARY KEY, runbook TEXT NOT NULL, title TEXT NOT NULL, service TEXT NOT NULL, runbook_hash TEXT NOT NULL,
  mode TEXT NOT NULL, environment TEXT NOT NULL, operator TEXT NOT NULL, started TEXT NOT NULL, ended TEXT,
  outcome TEXT, status TEXT NOT NULL, open_debts INTEGER NOT NULL, last_at TEXT NOT NULL, events INTEGER NOT NULL,
  head TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_row_newest ON session_row(started DESC, id DESC);
CREATE INDEX session_row_open ON session_row(started DESC, id DESC) WHERE status <> 'closed';
CREATE TABLE obligation_row (
  session TEXT NOT NULL, key TEXT NOT NULL, title TEXT NOT NULL, opened TEXT NOT NULL, by TEXT NOT NULL,
  ttl_ms INTEGER, due TEXT, state TEXT NOT NULL, overdue INTEGER NOT NULL, owner TEXT, release TEXT NOT NULL,
  attempt TEXT, releasing TEXT,
  PRIMARY KEY (session, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX obligation_row_open ON obligation_row(opened) WHERE state IN ('open', 'carried');
CREATE TABLE step_time (
  runbook TEXT NOT NULL, step TEXT NOT NULL, at TEXT NOT NULL, session TEXT NOT NULL, attempt TEXT NOT NULL,
  runbook_hash TEXT NOT NULL, mode TEXT NOT NULL, command_ms REAL, check_ms REAL, passed INTEGER NOT NULL,
  PRIMARY KEY (session, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX step_time_newest ON step_time(runbook, step, at DESC);
`;

/*
 * What statistics are counted from: one row a session, so that none is folded for them. Times are epoch milliseconds.
 * Ledgers that had sessions before these tables are marked: their rows are made from the events by rebuildProjections.
 */
const figures = `
CREATE TABLE session_figure (
  session TEXT PRIMARY KEY, mode TEXT NOT NULL, production INTEGER NOT NULL, service TEXT NOT NULL,
  environment TEXT NOT NULL, runbook TEXT NOT NULL, release TEXT, speed REAL NOT NULL,
  started_ms INTEGER NOT NULL, failed_ms INTEGER, detected_ms INTEGER, decided_ms INTEGER,
  compared INTEGER NOT NULL DEFAULT 0, compared_ms INTEGER, read_ms INTEGER, firing TEXT NOT NULL DEFAULT '[]',
  cleared_ms INTEGER, checked_ms INTEGER, given_back_ms INTEGER, ended_ms INTEGER, closed_ms INTEGER, outcome TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE deployment_row (
  record TEXT PRIMARY KEY, service TEXT NOT NULL, environment TEXT NOT NULL, production INTEGER NOT NULL,
  release TEXT NOT NULL, finished_ms INTEGER NOT NULL, committed_ms INTEGER, unplanned INTEGER NOT NULL, session TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE cause_row (
  record TEXT PRIMARY KEY, session TEXT NOT NULL, at_ms INTEGER NOT NULL, cause TEXT NOT NULL, release TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE projection_due (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO projection_due SELECT 'session_figure' WHERE EXISTS (SELECT 1 FROM session);
`;

/** Migration n brings a ledger from version n to n + 1; `PRAGMA user_version` counts them. Never edit an old one. */
export const migrations: readonly string[] = [first, figures];
