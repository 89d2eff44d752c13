//! The program: everything is in the library.

fn main() -> std::process::ExitCode {
    ktrace_tui::cli::main()
}
