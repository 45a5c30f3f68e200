//! A virtual screen of its own, with a window manager and a session bus.
//!
//! Entry point: [`Screen::start`]. Windows fill the screen without a frame, so that a picture of
//! the screen is a picture of the window.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;

use crate::process::Process;

/// Width and height of the screen, those of the design's pictures.
const SIZE: (u32, u32) = (1440, 900);

/// A virtual screen; gone when dropped.
#[derive(Debug)]
pub struct Screen {
    /// As in `DISPLAY`.
    pub display: String,
    /// As in `DBUS_SESSION_BUS_ADDRESS`.
    pub bus: String,
    // Ended in this order: what draws before what is drawn on.
    _manager: Process,
    _bus: Process,
    _server: Process,
    folder: TempDir,
}

impl Screen {
    /// Starts a screen with a number that nobody uses.
    pub fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("failed to create a folder for the screen")?;
        let (server, display) = server()?;
        let (bus, address) = bus(&folder)?;
        let manager = manager(&folder, &display)?;
        Ok(Self { display, bus: address, _manager: manager, _bus: bus, _server: server, folder })
    }

    /// A folder that only this user may enter, as in `XDG_RUNTIME_DIR`.
    pub(crate) fn runtime_folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

fn server() -> anyhow::Result<(Process, String)> {
    let (width, height) = SIZE;
    let mut server = Process::start("Xvfb", |command| {
        command
            // The server chooses the number and tells it once it takes connections.
            .args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24")])
            .args(["-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
    })?;
    let number = first_line(&mut server, "Xvfb")?;
    Ok((server, format!(":{number}")))
}

fn bus(folder: &TempDir) -> anyhow::Result<(Process, String)> {
    let file = folder.path().join("bus.conf");
    // No service folders: nothing is started on this bus behind our back.
    let configuration = format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
        folder.path().display()
    );
    std::fs::write(&file, configuration).context("failed to write the bus configuration")?;
    let mut bus = Process::start("dbus-daemon", |command| {
        command
            .arg(format!("--config-file={}", file.display()))
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .stdout(Stdio::piped())
    })?;
    let address = first_line(&mut bus, "dbus-daemon")?;
    Ok((bus, address))
}

fn manager(folder: &TempDir, display: &str) -> anyhow::Result<Process> {
    let file = folder.path().join("openbox.xml");
    let configuration = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew></focus>
  <applications>
    <application type="normal"><decor>no</decor><maximized>yes</maximized></application>
  </applications>
</openbox_config>
"#;
    std::fs::write(&file, configuration).context("failed to write openbox.xml")?;
    Process::start("openbox", |command| {
        command.arg("--config-file").arg(&file).env("DISPLAY", display)
    })
}

/// What the program says first, which it says when it is ready.
fn first_line(process: &mut Process, name: &str) -> anyhow::Result<String> {
    let output = process.output()?;
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        if BufReader::new(output).read_line(&mut line).is_ok() {
            told.send(line).ok();
        }
    });
    let line = heard.recv_timeout(Duration::from_secs(20)).unwrap_or_default();
    let line = line.trim();
    anyhow::ensure!(!line.is_empty(), "{name} did not become ready");
    Ok(line.to_owned())
}
