//! The desktop window of Meshlift.
//!
//! Deliberately thin: everything that can be decided without a window is decided in
//! `meshlift-app`. What differs here from a plain program has a file of its own.

#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod bell;
mod commands;
mod environment;
mod folder;
mod log;
mod options;
mod shell;
mod window;
mod words;

use std::process::ExitCode;

use options::{Asked, Options};

fn main() -> ExitCode {
    environment::private_files();
    let options = match options::parse(std::env::args_os().skip(1)) {
        Ok(Asked::Run(options)) => options,
        Ok(Asked::Tell(text)) => return tell(&text),
        Err(error) => return complain(&error.to_string()),
    };
    match start(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&format!("{error:#}")),
    }
}

fn start(options: &Options) -> anyhow::Result<()> {
    environment::complete()?;
    shell::run(options)
}

#[expect(clippy::print_stdout, reason = "asked for on the command line")]
fn tell(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "there is no window yet to say it in")]
fn complain(text: &str) -> ExitCode {
    eprintln!("meshlift: {text}");
    ExitCode::FAILURE
}
