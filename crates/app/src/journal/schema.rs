//! The journal's tables, brought up to date when it is opened.

use std::path::Path;

use rusqlite::Connection;

use super::JournalError;

/// Each entry brings the schema one version further; `user_version` counts them.
const MIGRATIONS: &[&str] = &["CREATE TABLE installation (id TEXT NOT NULL) STRICT;
    CREATE TABLE runs (
        id          TEXT    PRIMARY KEY,
        number      INTEGER NOT NULL UNIQUE,
        digest      TEXT    NOT NULL,
        plan        TEXT    NOT NULL,
        context     TEXT    NOT NULL,
        server      TEXT    NOT NULL,
        cluster_uid TEXT    NOT NULL,
        operator    TEXT    NOT NULL,
        started     TEXT    NOT NULL
    ) STRICT;
    CREATE TABLE events (
        id   INTEGER PRIMARY KEY AUTOINCREMENT,
        run  TEXT REFERENCES runs(id),
        seq  INTEGER,
        at   TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('event', 'probe')),
        body TEXT NOT NULL,
        UNIQUE (run, seq)
    ) STRICT;
    CREATE TABLE endings (run TEXT PRIMARY KEY REFERENCES runs(id)) STRICT;
    CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER runs_are_never_changed BEFORE UPDATE ON runs
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER runs_are_never_deleted BEFORE DELETE ON runs
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;"];

/// Makes every commit durable, and the schema the newest.
pub(super) fn prepare(connection: &mut Connection, file: &Path) -> Result<(), JournalError> {
    let opened = |source| JournalError::Open { file: file.to_owned(), source };
    connection.pragma_update(None, "journal_mode", "WAL").map_err(opened)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(opened)?;
    connection.pragma_update(None, "foreign_keys", "ON").map_err(opened)?;

    let found: u32 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(opened)?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(JournalError::Newer { file: file.to_owned(), found, known });
    }
    for version in found..known {
        migrate(connection, version).map_err(opened)?;
    }
    Ok(())
}

fn migrate(connection: &mut Connection, version: u32) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(MIGRATIONS[version as usize])?;
    transaction.pragma_update(None, "user_version", version + 1)?;
    transaction.commit()
}
