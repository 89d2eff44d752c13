//! The manual: one page for the program, with a section for each command.

use std::io;

use clap::Command;
use clap_mangen::Man;

/// The page, as roff.
pub(super) fn page(mut program: Command) -> io::Result<Vec<u8>> {
    program.build();
    let commands: Vec<_> = program.get_subcommands().filter(|command| command.get_name() != "help").cloned().collect();
    let man = Man::new(program);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    for command in commands {
        page.extend(section(command)?);
    }
    man.render_extra_section(&mut page)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// A command as a section, with what would be the sections of a page of its own as parts.
fn section(command: Command) -> io::Result<Vec<u8>> {
    let mut section = format!(".SH \"COMMAND {}\"\n", command.get_name().to_uppercase()).into_bytes();
    let has_arguments = command.get_arguments().next().is_some();
    let man = Man::new(command);
    let mut parts = Vec::new();
    man.render_description_section(&mut parts)?;
    man.render_synopsis_section(&mut parts)?;
    if has_arguments {
        man.render_options_section(&mut parts)?;
    }
    let parts = String::from_utf8_lossy(&parts).replace(".SH ", ".SS ");
    section.extend(parts.into_bytes());
    Ok(section)
}
