//! Rows of the journal, and the statements that write and read them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use meshlift_core::inventory::Name;
use meshlift_core::rollout::{Event, Plan};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Held, JournalError, digest_of};

/// Names a run, on every computer: a UUID that sorts by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunKey(Arc<str>);

impl RunKey {
    /// The key that a user or a journal names.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a run is begun with.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The confirmed plan.
    pub plan: Plan,
    /// The context that it was confirmed on.
    pub context: String,
    /// Address of its API server.
    pub server: String,
    /// Who, as `user@host`.
    pub operator: String,
    /// When.
    pub started: Timestamp,
    /// Ids of the consents given.
    pub consents: Vec<String>,
    /// Blocking findings that the user takes upon themselves.
    pub acknowledged: Vec<Acknowledged>,
}

/// A blocking finding that somebody takes upon themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// Its rule.
    pub rule: Name,
    /// The object that it names.
    pub subject: String,
    /// Why it is all right, in their own words.
    pub reason: String,
}

impl Acknowledged {
    fn by(self, operator: &str) -> Event {
        let Self { rule, subject, reason } = self;
        Event::Acknowledged { rule, subject, reason, operator: operator.to_owned() }
    }
}

/// A run as it was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its key.
    pub key: RunKey,
    /// Short running number on this computer.
    pub number: u32,
    /// Digest of its plan.
    pub digest: String,
    /// Its plan.
    pub plan: Arc<Plan>,
    /// The context that it was confirmed on.
    pub context: String,
    /// Address of its API server.
    pub server: String,
    /// UID of its cluster.
    pub cluster_uid: String,
    /// Who, as `user@host`.
    pub operator: String,
    /// When.
    pub started: Timestamp,
}

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its sequence number within the run, from 1.
    pub seq: u32,
    /// When it was recorded.
    pub at: Timestamp,
    /// The event.
    pub event: Event,
}

/// Records a run and its first events in one transaction.
pub(super) fn begin(held: &mut Held, new: NewRun) -> Result<(RunRecord, Entry), JournalError> {
    let plan = encode(&new.plan)?;
    let event = Event::Started { consents: new.consents.clone(), operator: new.operator.clone() };
    let body = encode(&event)?;
    let failed = |source| JournalError::Begin { source };
    let transaction = held.connection.transaction().map_err(failed)?;
    let number: u32 = transaction
        .query_row("SELECT coalesce(max(number), 0) + 1 FROM runs", [], |row| row.get(0))
        .map_err(failed)?;
    let record = RunRecord {
        key: RunKey::new(&uuid::Uuid::now_v7().to_string()),
        number,
        digest: digest_of(&new.plan),
        context: new.context,
        server: new.server,
        cluster_uid: new.plan.cluster_uid.clone(),
        operator: new.operator,
        started: new.started,
        plan: Arc::new(new.plan),
    };
    insert_run(&transaction, &record, &plan).map_err(failed)?;
    insert(&transaction, Some(&record.key), Some(1), new.started, "event", &body)
        .map_err(failed)?;
    for (seq, acknowledged) in (2..).zip(new.acknowledged) {
        let body = encode(&acknowledged.by(&record.operator))?;
        insert(&transaction, Some(&record.key), Some(seq), new.started, "event", &body)
            .map_err(failed)?;
    }
    transaction.commit().map_err(failed)?;
    if let Some(runs) = &mut held.runs {
        runs.insert(0, record.clone());
    }
    Ok((record, Entry { seq: 1, at: new.started, event }))
}

/// Appends an event and commits it.
pub(super) fn append(
    held: &mut Held,
    run: &RunKey,
    at: Timestamp,
    event: Event,
) -> Result<Entry, JournalError> {
    let body = encode(&event)?;
    let failed = |source| JournalError::Append { run: run.to_string(), source };
    let acknowledged = held.spend()?;
    let transaction = held.connection.transaction().map_err(failed)?;
    let seq: u32 = transaction
        .query_row(
            "SELECT coalesce(max(seq), 0) + 1 FROM events WHERE run = ?1",
            [run.as_str()],
            |row| row.get(0),
        )
        .map_err(failed)?;
    insert(&transaction, Some(run), Some(seq), at, "event", &body).map_err(failed)?;
    if matches!(event, Event::Finished { .. }) {
        let ended = "INSERT OR IGNORE INTO endings (run) VALUES (?1)";
        transaction.execute(ended, [run.as_str()]).map_err(failed)?;
    }
    transaction.commit().map_err(failed)?;
    if !acknowledged {
        return Err(JournalError::Stopped);
    }
    Ok(Entry { seq, at, event })
}

/// Records the purpose of a write that changes nothing of the mesh.
pub(super) fn probe(
    held: &mut Held,
    run: Option<&RunKey>,
    at: Timestamp,
    purpose: &str,
) -> Result<i64, JournalError> {
    if held.trip.is_some_and(|trip| trip.entries == 0) {
        return Err(JournalError::Stopped);
    }
    insert(&held.connection, run, None, at, "probe", purpose)
        .map_err(|source| JournalError::Probe { purpose: purpose.to_owned(), source })?;
    Ok(held.connection.last_insert_rowid())
}

/// The number of this installation.
pub(super) fn installation(held: &Held) -> Result<String, JournalError> {
    let failed = |source| JournalError::Runs { source };
    let connection = &held.connection;
    let read = || connection.query_row("SELECT id FROM installation", [], |row| row.get(0));
    if let Some(known) = read().optional().map_err(failed)? {
        return Ok(known);
    }
    let made = uuid::Uuid::new_v4().to_string();
    connection.execute("INSERT INTO installation (id) VALUES (?1)", [&made]).map_err(failed)?;
    Ok(made)
}

/// One run.
pub(super) fn run(held: &Held, run: &RunKey) -> Result<Option<RunRecord>, JournalError> {
    let row = held
        .connection
        .query_row(&format!("{RUNS} WHERE id = ?1"), [run.as_str()], RunRow::read)
        .optional()
        .map_err(|source| JournalError::Run { run: run.to_string(), source })?;
    row.map(RunRow::decode).transpose()
}

/// Every run, newest first.
pub(super) fn runs(held: &mut Held) -> Result<Vec<RunRecord>, JournalError> {
    known_runs(held).map(<[RunRecord]>::to_vec)
}

/// Runs without an end, newest first.
pub(super) fn unfinished(held: &mut Held) -> Result<Vec<RunRecord>, JournalError> {
    let ended = ended(held)?;
    let runs = known_runs(held)?.iter();
    Ok(runs.filter(|record| !ended.contains(record.key.as_str())).cloned().collect())
}

fn ended(held: &Held) -> Result<BTreeSet<String>, JournalError> {
    let failed = |source| JournalError::Runs { source };
    let mut statement =
        held.connection.prepare_cached("SELECT run FROM endings").map_err(failed)?;
    statement
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect::<rusqlite::Result<_>>)
        .map_err(failed)
}

fn known_runs(held: &mut Held) -> Result<&[RunRecord], JournalError> {
    let runs = match held.runs.take() {
        Some(runs) => runs,
        None => read_runs(held)?,
    };
    Ok(held.runs.insert(runs))
}

fn read_runs(held: &Held) -> Result<Vec<RunRecord>, JournalError> {
    let failed = |source| JournalError::Runs { source };
    let mut statement =
        held.connection.prepare(&format!("{RUNS} ORDER BY number DESC")).map_err(failed)?;
    let rows = statement
        .query_map([], RunRow::read)
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(failed)?;
    rows.into_iter().map(RunRow::decode).collect()
}

/// The events of a run after a sequence number.
pub(super) fn entries(held: &Held, run: &RunKey, since: u32) -> Result<Vec<Entry>, JournalError> {
    let failed = |source| JournalError::Run { run: run.to_string(), source };
    let mut statement = held
        .connection
        .prepare("SELECT seq, at, body FROM events WHERE run = ?1 AND kind = 'event' AND seq > ?2 ORDER BY seq")
        .map_err(failed)?;
    let rows = statement
        .query_map(params![run.as_str(), since], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<(u32, String, String)>>>)
        .map_err(failed)?;
    rows.into_iter()
        .map(|(seq, at, body)| {
            let event = serde_json::from_str(&body)
                .map_err(|source| JournalError::Decode { run: run.to_string(), source })?;
            Ok(Entry { seq, at: time(run, &at)?, event })
        })
        .collect()
}

const RUNS: &str =
    "SELECT id, number, digest, plan, context, server, cluster_uid, operator, started FROM runs";

/// A run as `SQLite` gives it, before its JSON is read.
struct RunRow {
    plan: String,
    started: String,
    id: String,
    number: u32,
    digest: String,
    context: String,
    server: String,
    cluster_uid: String,
    operator: String,
}

impl RunRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            number: row.get(1)?,
            digest: row.get(2)?,
            plan: row.get(3)?,
            context: row.get(4)?,
            server: row.get(5)?,
            cluster_uid: row.get(6)?,
            operator: row.get(7)?,
            started: row.get(8)?,
        })
    }

    fn decode(self) -> Result<RunRecord, JournalError> {
        let key = RunKey::new(&self.id);
        let plan = serde_json::from_str(&self.plan)
            .map_err(|source| JournalError::Decode { run: self.id, source })?;
        Ok(RunRecord {
            started: time(&key, &self.started)?,
            key,
            number: self.number,
            digest: self.digest,
            plan: Arc::new(plan),
            context: self.context,
            server: self.server,
            cluster_uid: self.cluster_uid,
            operator: self.operator,
        })
    }
}

impl Held {
    /// Counts an entry against the trip, and says whether its writer hears of it.
    fn spend(&mut self) -> Result<bool, JournalError> {
        let Some(trip) = &mut self.trip else { return Ok(true) };
        if trip.entries == 0 {
            return Err(JournalError::Stopped);
        }
        trip.entries -= 1;
        Ok(trip.entries > 0 || trip.acknowledged)
    }
}

fn insert_run(connection: &Connection, run: &RunRecord, plan: &str) -> rusqlite::Result<usize> {
    connection.execute(
        "INSERT INTO runs (id, number, digest, plan, context, server, cluster_uid, operator, started)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            run.key.as_str(),
            run.number,
            run.digest,
            plan,
            run.context,
            run.server,
            run.cluster_uid,
            run.operator,
            run.started.to_string(),
        ],
    )
}

fn insert(
    connection: &Connection,
    run: Option<&RunKey>,
    seq: Option<u32>,
    at: Timestamp,
    kind: &str,
    body: &str,
) -> rusqlite::Result<usize> {
    connection.execute(
        "INSERT INTO events (run, seq, at, kind, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![run.map(RunKey::as_str), seq, at.to_string(), kind, body],
    )
}

fn encode(value: &impl serde::Serialize) -> Result<String, JournalError> {
    serde_json::to_string(value).map_err(|source| JournalError::Encode { source })
}

fn time(run: &RunKey, text: &str) -> Result<Timestamp, JournalError> {
    text.parse().map_err(|_| JournalError::Time { run: run.to_string(), text: text.to_owned() })
}
