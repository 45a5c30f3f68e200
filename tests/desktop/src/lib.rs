//! Drives the real window, the way a person does: by what is written on it.
//!
//! Entry point: [`Window::open`] on a [`Screen`]. Everything runs on a virtual screen of its own
//! with a session bus of its own, and every process is ended by its id. Nothing is mocked between
//! the page and the cluster.

mod journey;
mod mesh;
mod page;
mod patience;
mod pictures;
mod process;
mod screen;
mod window;

pub use journey::Journey;
pub use mesh::{Mesh, Proxies};
pub use page::{Control, Page};
pub use patience::until;
pub use pictures::Pictures;
pub use screen::Screen;
pub use window::{Start, Window};
