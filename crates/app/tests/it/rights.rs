//! docs/rights.md: what the application asks of a cluster and of ASM stands there, and nothing else.

use std::collections::BTreeSet;

use meshlift_app::api::dto::*;
use meshlift_cluster::provider::asm::{Effect, Operation};

use crate::asm::desk as asm;
use crate::common::*;

/// One right: a verb and a resource with its group and subresource.
type Right = (String, String);

/// A row of a table of the page.
struct Row {
    rights: Vec<Right>,
    /// When it is needed at all; empty for always.
    only: String,
}

fn page() -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rights.md");
    std::fs::read_to_string(file).expect("the page of rights")
}

/// The cells of the table under a heading.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = page();
    let section = page.split("\n## ").find(|section| section.starts_with(heading));
    let lines = section.expect("the heading is there").lines();
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
    };
    let rows = lines.filter(|line| line.starts_with('|')).skip(2);
    rows.map(cells).collect()
}

fn rows(heading: &str) -> Vec<Row> {
    let words = |cell: &str| -> Vec<String> { cell.split(", ").map(str::to_owned).collect() };
    let of = |cells: Vec<String>| {
        let group = if cells[0] == "core" { String::new() } else { format!(".{}", cells[0]) };
        let each = words(&cells[1]).into_iter().flat_map(|resource| {
            let group = group.clone();
            let right = move |verb| (verb, format!("{resource}{group}"));
            words(&cells[2]).into_iter().map(right)
        });
        Row { rights: each.collect(), only: cells[3].clone() }
    };
    table(heading).into_iter().map(of).collect()
}

fn all(rows: &[Row]) -> BTreeSet<Right> {
    rows.iter().flat_map(|row| row.rights.clone()).collect()
}

/// The right that a request needs; none for what everybody may ask.
fn needed(method: &str, path: &str) -> Option<Right> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, rest) = match parts.as_slice() {
        ["api", _, rest @ ..] if !rest.is_empty() => ("", rest),
        ["apis", group, _, rest @ ..] if !rest.is_empty() => (*group, rest),
        _ => return None,
    };
    let rest = match rest {
        ["namespaces", _, inner @ ..] if !inner.is_empty() => inner,
        all => all,
    };
    let resource = match rest {
        [resource] | [resource, _] => (*resource).to_owned(),
        [resource, _, subresource] => format!("{resource}/{subresource}"),
        _ => panic!("{path} is of no known shape"),
    };
    if resource.starts_with("selfsubject") {
        return None;
    }
    let verb = match method {
        _ if resource.ends_with("/portforward") => "create",
        "GET" if query.contains("watch=") => "watch",
        "GET" if rest.len() == 1 => "list",
        "GET" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        other => panic!("{other} {path}"),
    };
    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
    Some((verb.to_owned(), format!("{resource}{group}")))
}

fn asked(desk: &Desk) -> BTreeSet<Right> {
    let requests = desk.mesh.requests();
    requests.iter().filter_map(|line| needed(line.method.as_str(), &line.path)).collect()
}

#[tokio::test(start_paused = true)]
async fn looking_asks_for_what_the_page_says_and_nothing_else() {
    let desk = Desk::at(mesh()).await;
    desk.app.read_only_set(ReadOnly { on: true }).await.unwrap();
    desk.view(|view| view.target.is_some()).await;
    desk.precheck(Method::Canary).await;
    desk.precheck(Method::InPlace).await;

    let rows = rows("To look");
    let (asked, known) = (asked(&desk), all(&rows));

    assert_eq!(untold(&asked, &known), [] as [&Right; 0], "the page lacks these");
    let always: BTreeSet<Right> = all_of(&rows, str::is_empty);
    let unused: Vec<_> = always.difference(&asked).collect();
    assert!(unused.is_empty(), "nobody asks for {unused:?}");
}

/// What was asked for and is not known, itself or by every kind of its group.
fn untold<'a>(asked: &'a BTreeSet<Right>, known: &BTreeSet<Right>) -> Vec<&'a Right> {
    let is_told = |right: &&Right| {
        let (verb, resource) = right;
        let group = resource.split_once('.').map_or("", |(_, group)| group);
        known.contains(*right) || known.contains(&(verb.clone(), format!("*.{group}")))
    };
    asked.iter().filter(|right| !is_told(right)).collect()
}

fn all_of(rows: &[Row], only: impl Fn(&str) -> bool) -> BTreeSet<Right> {
    let some = rows.iter().filter(|row| only(&row.only));
    some.flat_map(|row| row.rights.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_asks_for_what_the_page_says_and_nothing_else() {
    let canary = Desk::at(mesh()).await;
    canary.precheck(Method::Canary).await;
    canary.succeed(deploy()).await;
    canary.succeed(move_to(MoveTarget::Canary, &["shop", "pay"], true)).await;
    canary.succeed(OperationRequest::Promote).await;
    canary.succeed(OperationRequest::UpgradeGateways).await;
    canary.view(|view| view.canary.unpublish.available).await;
    canary.succeed(OperationRequest::Unpublish).await;
    let revoked = Desk::at(mesh()).await;
    revoked.precheck(Method::Canary).await;
    revoked.succeed(deploy()).await;
    revoked.succeed(OperationRequest::Revoke).await;

    let (look, upgrade) = (rows("To look"), rows("To upgrade"));
    let asked: BTreeSet<Right> = asked(&canary).union(&asked(&revoked)).cloned().collect();
    let known: BTreeSet<Right> = all(&look).union(&all(&upgrade)).cloned().collect();

    assert_eq!(untold(&asked, &known), [] as [&Right; 0], "the page lacks these");
    let unused: Vec<_> = all_of(&upgrade, str::is_empty).difference(&asked).cloned().collect();
    assert!(unused.is_empty(), "nobody asks for {unused:?}");
}

/// The actions of ASM in a table, each by its name.
fn actions(heading: &str) -> BTreeSet<String> {
    let name = |cells: Vec<String>| cells[0].trim_start_matches("servicemesh:").to_owned();
    table(heading).into_iter().map(name).collect()
}

#[tokio::test(start_paused = true)]
async fn asm_is_asked_what_the_page_says_and_nothing_else() {
    let desk = asm::Desk::at(asm::instance()).await;
    desk.precheck(Method::InPlace).await;
    desk.view(|view| view.in_place.upgrade.available).await;
    desk.succeed(asm::upgrade()).await;
    desk.view(|view| view.behind > 0).await;
    desk.succeed(OperationRequest::UpgradeGateways).await;

    let (look, upgrade) = (actions("ASM, to look"), actions("ASM, to upgrade"));
    let called: BTreeSet<String> = desk.mesh.calls().into_iter().map(|call| call.action).collect();

    let known: BTreeSet<String> = look.union(&upgrade).cloned().collect();
    assert_eq!(called.difference(&known).count(), 0, "the page lacks some of {called:?}");
    for operation in Operation::ALL {
        let (name, writes) = (operation.name(), operation.effect() == Effect::Writes);
        assert!(!(writes && look.contains(name)), "{name} is no look");
        assert!(writes || !upgrade.contains(name), "{name} is only a look");
    }
    let names: BTreeSet<String> = Operation::ALL.iter().map(|one| one.name().to_owned()).collect();
    let unknown: Vec<_> = known.difference(&names).collect();
    assert!(unknown.is_empty(), "the client knows no {unknown:?}");
}
