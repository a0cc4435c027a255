//! Pages that no chain of links leads to from a home page.

use std::collections::HashSet;

use super::is_redirect;
use crate::check::rules::finding;
use crate::check::{Context, Facts, Found};
use crate::diagnostic::Place;
use crate::site::Route;
use crate::text;

pub fn check(context: &Context, facts: &Facts, found: &mut Found) {
    let site = context.site;
    let homes = context.routes.iter().filter(|(_, route)| match route {
        Route::Section(id) | Route::SectionPager { section: id, .. } => {
            site.content.sections.get(*id).is_some_and(|section| section.is_index())
        }
        _ => false,
    });
    let mut open: Vec<u32> = homes.filter_map(|(path, _)| context.addresses.route(path)).collect();
    if open.is_empty() {
        return;
    }
    let mut reached: HashSet<u32> = open.iter().copied().collect();
    while let Some(route) = open.pop() {
        let path = context.addresses.path(route);
        if is_redirect(context, route) {
            if let Some(Route::Redirect { to, .. }) = context.routes.get(path)
                && let super::Target::Route { route, .. } = context.addresses.resolve("/", to)
                && reached.insert(route)
            {
                open.push(route);
            }
            continue;
        }
        let reaches = facts.files.get(path).map(|file| &file.reaches);
        open.extend(reaches.into_iter().flatten().filter(|route| reached.insert(**route)));
    }
    for (path, route) in context.routes {
        let file = match route {
            Route::Page(id) => site.content.pages.get(*id).map(|page| page.file.shown()),
            Route::Section(id) => site.content.sections.get(*id).map(|section| section.file.shown()),
            _ => None,
        };
        let (Some(file), Some(number)) = (file, context.addresses.route(path)) else { continue };
        if reached.contains(&number) {
            continue;
        }
        let address = super::address_of(path);
        found.push(
            finding(
                "link/orphan",
                text!("no link leads from the home page to this page", "从首页出发，没有链接能到这个页面"),
            )
            .at(Place::file(file))
            .on(address)
            .help(text!(
                "put it into a section, or link to it from another page",
                "请把它放进某个栏目，或从别的页面链接到它"
            )),
        );
    }
}
