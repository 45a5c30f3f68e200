//! P-02: whether the hop is one that the rules allow, and what is known against its target.

use super::facts::Facts;
use super::{Aim, Finding, Problem, Severity};
use crate::inventory::TemplateTrait;
use crate::policy::{Verdict, judge};

/// Legality of the path.
pub(super) const ID: &str = "P-02";

/// The hop against the policy, then the target against known defects and its support window.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let aim = facts.aim;
    let mut findings = Vec::new();
    let subject = format!("Target {}", aim.target);
    match facts.source {
        None => {
            let what = format!("version of revision {}", aim.stable);
            let why = "its image does not tell".to_owned();
            let problem = Problem::CannotTell { what, why };
            findings.push(Finding::new(ID, Severity::Block, subject.clone(), problem));
        }
        Some(running) => match judge(running, aim.target, aim.method, aim.profile) {
            Verdict::Allowed(_) => {}
            Verdict::Refused(refusal) => {
                let problem = Problem::PathRefused { why: vec![refusal] };
                findings.push(Finding::new(ID, Severity::Block, subject.clone(), problem));
            }
        },
    }
    findings.extend(known_bad(facts, &subject));
    findings.extend(end_of_life(aim, &subject));
    findings
}

fn known_bad(facts: &Facts<'_>, subject: &str) -> Vec<Finding> {
    let aim = facts.aim;
    let entries = aim.catalog.defects_of_target(aim.target).into_iter();
    entries
        .filter(|entry| entry.is_to_avoid_in(aim.target) || may_show(facts, &entry.id))
        .map(|entry| {
            let severity =
                if entry.is_to_avoid_in(aim.target) { Severity::Block } else { Severity::Warn };
            let problem = Problem::KnownBad {
                id: entry.id.clone(),
                title: entry.title.clone(),
                version: aim.target.clone(),
            };
            Finding::new(ID, severity, subject, problem)
        })
        .collect()
}

/// The defect of templates with an odd interval of statistics.
pub(super) const OF_ODD_FLUSHES: &str = "KB-02";
/// The defect of ambient mode.
pub(super) const OF_AMBIENT: &str = "KB-05";

/// Whether a defect that shows under a condition may show in this mesh. Conditions that nothing in a
/// cluster decides are taken to hold.
fn may_show(facts: &Facts<'_>, defect: &str) -> bool {
    match defect {
        OF_ODD_FLUSHES => facts
            .snapshot
            .workloads
            .values()
            .any(|workload| workload.template.traits.contains(&TemplateTrait::OddStatsFlush)),
        OF_AMBIENT => facts.is_ambient(),
        _ => true,
    }
}

fn end_of_life(aim: &Aim<'_>, subject: &str) -> Option<Finding> {
    // ASM has dates of its own, which no public source gives (asm.md §5.1).
    let release = aim.catalog.release(aim.target.minor()).filter(|_| !aim.target.is_asm())?;
    let end = release.ends.as_ref().filter(|_| release.is_over(aim.today))?;
    let problem =
        Problem::EndOfLife { minor: aim.target.minor().to_string(), date: end.date.to_string() };
    Some(Finding::new(ID, Severity::Warn, subject, problem))
}
