//! The `offhook` program: everything it does is in the library.

fn main() -> std::process::ExitCode {
    offhook::command::main()
}
