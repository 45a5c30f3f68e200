//! Keeps `ui/src/ipc/bindings.ts` and the list of sentences equal to the application's own types.
//!
//! `MESHLIFT_BLESS=1 cargo test -p meshlift-app --features ts --test bindings` writes them anew;
//! without it the test fails when they differ.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use meshlift_app::api::dto::*;
use meshlift_app::api::phrase::PhraseCode;
use meshlift_app::command_table;
use specta::Types;
use specta_typescript::Typescript;

const REGENERATE: &str =
    "MESHLIFT_BLESS=1 cargo test -p meshlift-app --features ts --test bindings";

/// One line of the command table.
struct Command {
    class: &'static str,
    name: &'static str,
    request: &'static str,
    answer: &'static str,
}

macro_rules! list_commands {
    ($($class:ident $name:ident($request:ty) -> $answer:ty;)*) => {
        fn commands() -> Vec<Command> {
            vec![$(Command {
                class: stringify!($class),
                name: stringify!($name),
                request: stringify!($request),
                answer: stringify!($answer),
            },)*]
        }

        fn types() -> Types {
            Types::default()$(.register::<$request>().register::<$answer>())*.register::<ApiError>()
        }
    };
}

command_table!(list_commands);

#[test]
fn the_front_end_has_the_types_of_the_application() {
    let types = Typescript::default()
        .header("// Generated from crates/app/src/api. Do not edit.\n")
        .export(&types(), specta_serde::Format)
        .expect("every type has a form in TypeScript");

    let types = types.replace("/**  ", "/** ");
    let text = types.trim_end().to_owned() + "\n" + &interfaces(&commands());

    same_or_bless(&front_end("ipc/bindings.ts"), &text);
}

#[test]
fn the_front_end_knows_every_sentence() {
    let sentences: serde_json::Map<String, serde_json::Value> = PhraseCode::ALL
        .iter()
        .map(|code| {
            let name = serde_json::to_value(code).expect("a code is a word");
            (name.as_str().expect("a code is a word").to_owned(), code.english().into())
        })
        .collect();

    let text = serde_json::to_string_pretty(&sentences).expect("words are JSON") + "\n";

    same_or_bless(&front_end("i18n/phrase-codes.json"), &text);
}

fn interfaces(commands: &[Command]) -> String {
    let mut text = String::new();
    let of = |watch: bool| commands.iter().filter(move |one| (one.class == "watch") == watch);
    text += "\n/** Commands with one answer: request and answer by name. Both doors use these names. */\n";
    text += "export interface Calls {\n";
    for command in of(false) {
        line(&mut text, command);
    }
    text += "}\n\n/** Commands that answer with a stream: request and message by name. */\n";
    text += "export interface Watches {\n";
    for command in of(true) {
        line(&mut text, command);
    }
    text += "}\n\n/** Commands that may write to a cluster. */\nexport const operating = [\n";
    for command in commands.iter().filter(|one| one.class == "operate") {
        let _ = writeln!(text, "  '{}',", command.name);
    }
    text + "] as const;\n"
}

fn line(text: &mut String, command: &Command) {
    let (request, answer) = (typescript(command.request), typescript(command.answer));
    let _ = writeln!(text, "  {}: [{request}, {answer}];", command.name);
}

fn typescript(rust: &str) -> String {
    let name: String = rust.split_whitespace().collect();
    match name.strip_prefix("Vec<").and_then(|rest| rest.strip_suffix('>')) {
        Some(item) => format!("{item}[]"),
        None => name,
    }
}

fn front_end(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src").join(file)
}

fn same_or_bless(file: &Path, text: &str) {
    if std::env::var_os("MESHLIFT_BLESS").is_some() {
        let written = std::fs::write(file, text);
        assert!(written.is_ok(), "{} could not be written: {written:?}", file.display());
    }
    let found = std::fs::read_to_string(file).unwrap_or_default();
    assert!(found == text, "{} is out of date: run `{REGENERATE}`", file.display());
}
