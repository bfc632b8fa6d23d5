//! Checks of the repository itself: pages, wording and module structure. They read files and build nothing.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod architecture;
mod binding_names;
mod boundaries;
mod circles;
mod circles_of_files;
mod citations;
mod client_items;
mod dialects;
mod doc_comments;
mod documents;
mod install_script;
mod kotlin_matrix;
mod members;
mod metadata;
mod names;
mod pages;
mod python_matrix;
mod rust_paths;
mod sources;
mod swift_matrix;
mod words;
