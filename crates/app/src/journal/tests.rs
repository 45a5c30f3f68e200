//! The journal keeps what it was told, in order, for its owner only, and for one process only.

use meshlift_core::rollout::{Basis, Event, MeshEnd, Operation, Outcome, Plan};

use super::*;

#[tokio::test]
async fn what_was_recorded_is_read_back_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();

    let (run, first) = journal.begin(new_run("demo")).await.unwrap();
    journal.append(&run.key, at(1), paused()).await.unwrap();
    journal.append(&run.key, at(2), finished()).await.unwrap();
    drop(journal);

    let journal = Journal::open(folder.path()).unwrap();
    let entries = journal.entries(&run.key, 0).await.unwrap();
    assert_eq!(first.seq, 1, "the first event is recorded with the run");
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(entries[1].event, paused());
    assert_eq!(entries[2].at, at(2), "the time comes back to the nanosecond");
    assert_eq!(journal.runs().await.unwrap(), std::slice::from_ref(&run));
    assert_eq!(
        journal.entries(&run.key, 2).await.unwrap().len(),
        1,
        "reading goes on where it was"
    );
}

#[tokio::test]
async fn runs_are_numbered_and_the_newest_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();

    journal.begin(new_run("one")).await.unwrap();
    journal.begin(new_run("two")).await.unwrap();

    let runs = journal.runs().await.unwrap();
    let found: Vec<_> = runs.iter().map(|run| (run.number, run.context.as_str())).collect();
    assert_eq!(found, [(2, "two"), (1, "one")]);
}

#[tokio::test]
async fn every_intent_has_an_id_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let (run, _) = journal.begin(new_run("demo")).await.unwrap();

    let (entry, intent) = journal.intend(&run.key, at(1), an_act(), None).await.unwrap();
    let probe = journal.probe(Some(&run.key), at(1), "dry run").await.unwrap();

    assert_eq!(intent.as_str(), format!("{}/{}", run.key, entry.seq));
    assert_ne!(intent, probe);
    let entries = journal.entries(&run.key, 0).await.unwrap();
    assert_eq!(entries.len(), 2, "a probe is recorded and is no event of the run");
}

#[tokio::test]
async fn what_was_written_cannot_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    journal.begin(new_run("demo")).await.unwrap();
    drop(journal);

    let file = rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap();
    for statement in ["UPDATE events SET body = ''", "DELETE FROM events", "DELETE FROM runs"] {
        let refused = file.execute(statement, []);
        assert!(refused.is_err(), "`{statement}` must be refused");
    }
}

#[tokio::test]
async fn a_second_process_is_refused_and_may_come_later() {
    let folder = tempfile::tempdir().unwrap();
    let first = Journal::open(folder.path()).unwrap();

    let second = Journal::open(folder.path());

    assert!(matches!(second, Err(JournalError::InUse { .. })), "got {second:?}");
    drop(first);
    Journal::open(folder.path()).unwrap();
}

#[tokio::test]
async fn a_journal_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(Journal::open(folder.path()).unwrap());
    let file = rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);

    let opened = Journal::open(folder.path());

    assert!(matches!(opened, Err(JournalError::Newer { found: 99, .. })), "got {opened:?}");
}

#[tokio::test]
async fn a_trip_stops_every_later_entry() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let (run, _) = journal.begin(new_run("demo")).await.unwrap();
    journal.trip(Trip { entries: 1, acknowledged: false });

    let first = journal.append(&run.key, at(1), paused()).await;
    let second = journal.append(&run.key, at(2), finished()).await;

    assert!(matches!(first, Err(JournalError::Stopped)), "committed, and nobody heard of it");
    assert!(matches!(second, Err(JournalError::Stopped)), "not committed");
    assert_eq!(journal.entries(&run.key, 0).await.unwrap().len(), 2);
}

#[cfg(unix)]
#[tokio::test]
async fn folder_and_files_are_their_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("meshlift");
    let journal = Journal::open(&folder).unwrap();
    journal.begin(new_run("demo")).await.unwrap();

    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

fn new_run(context: &str) -> NewRun {
    NewRun {
        plan: Plan {
            operation: Operation::Restart,
            instance: None,
            cluster_uid: "cluster-1".into(),
            from: MeshEnd { revision: "1-30".into(), version: "1.30.5".parse().ok() },
            to: MeshEnd { revision: "1-31".into(), version: "1.31.1".parse().ok() },
            steps: Vec::new(),
            basis: Basis::default(),
        },
        context: context.into(),
        server: "https://127.0.0.1:6443".into(),
        operator: "ada@loom".into(),
        started: at(0),
        consents: Vec::new(),
        acknowledged: Vec::new(),
    }
}

fn an_act() -> Act {
    use meshlift_core::rollout::{ActId, ActKind, StepId};
    Act {
        id: ActId { step: StepId("promote".into()), index: 0 },
        kind: ActKind::DeactivateInjector { name: "istio-sidecar-injector".into() },
    }
}

fn paused() -> Event {
    Event::Paused { operator: "ada@loom".into() }
}

fn finished() -> Event {
    Event::Finished { outcome: Outcome::Succeeded }
}

fn at(second: i64) -> Timestamp {
    Timestamp::new(1_795_000_000 + second, 7).unwrap()
}
