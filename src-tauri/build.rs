//! Hands Tauri its configuration, and asks for an access list of the app's own commands.
//!
//! `permissions/observe.toml` and `permissions/operate.toml` are that list. Their existence makes
//! Tauri check every command, the app's own included; a test holds them to the table of commands.

fn main() {
    tauri_build::build();
}
