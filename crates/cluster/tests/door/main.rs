//! What passes between the app and a cluster, seen from a server inside this process: what leaves, what
//! is tried again, and how a picture of a mesh is kept true when watches end in all the ways they do.

mod api;
mod calls;
mod picture;
