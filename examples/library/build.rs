//! The migrations are carried in the program: one that is added makes it anew.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
