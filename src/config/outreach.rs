//! `[outreach]` of `kepu.toml` and `theme.toml`: what makes a site an outreach site, and the names that its pages use.

use indexmap::IndexMap;
use serde::Deserialize;

use super::raw::options;

/// How strictly the rules for public sites are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// A government site: what is missing is an error.
    Gov,
    /// A people's organisation, for which the rules are advice: what is missing is a warning.
    Association,
}

/// How the values of a figure from several records become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Total {
    /// Added up.
    #[default]
    Sum,
    /// A stock, such as registered volunteers: the latest value counts.
    Latest,
}

impl Total {
    pub fn as_str(self) -> &'static str {
        match self {
            Total::Sum => "sum",
            Total::Latest => "latest",
        }
    }
}

/// A type that a theme may give to a field of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    Text,
    Texts,
    Bool,
    Count,
    Date,
    Time,
    Path,
    Paths,
    Table,
    Tables,
}

options! {
    /// A figure that records may carry.
    FigureName {
        label: String = String::new(),
        unit: String = String::new(),
        total: Total = Total::Sum,
    }
}

options! {
    /// `[outreach]` as it is typed, in either file.
    RawOutreach {
        profile: Option<Profile> = None,
        picks_per_week: Option<usize> = None,
        categories: IndexMap<String, String> = IndexMap::new(),
        figures: IndexMap<String, FigureName> = IndexMap::new(),
        fields: IndexMap<String, FieldType> = IndexMap::new(),
    }
}

/// The settings of an outreach site.
#[derive(Clone, Debug, PartialEq)]
pub struct Outreach {
    /// None when the rules for public sites are not checked.
    pub profile: Option<Profile>,
    /// A week with more picks is warned of.
    pub picks_per_week: usize,
    /// The categories of activities: key and label.
    pub categories: IndexMap<String, String>,
    /// By name, in the order in which they are shown.
    pub figures: IndexMap<String, FigureName>,
    /// Fields of the theme, allowed on pages of every kind.
    pub fields: IndexMap<String, FieldType>,
}

impl Outreach {
    /// The figures that exist without being declared.
    const BUILT_IN: [(&str, &str, &str); 3] =
        [("sessions", "场次", "场次"), ("volunteers", "志愿者", "人次"), ("people", "受益人数", "人")];

    /// The theme's settings under the site's.
    pub fn merge(theme: Option<RawOutreach>, site: Option<RawOutreach>) -> Option<Self> {
        if theme.is_none() && site.is_none() {
            return None;
        }
        let (theme, site) = (theme.unwrap_or_default(), site.unwrap_or_default());
        let mut figures: IndexMap<String, FigureName> = Self::BUILT_IN
            .iter()
            .map(|(name, label, unit)| {
                let (label, unit) = ((*label).to_owned(), (*unit).to_owned());
                ((*name).to_owned(), FigureName { label, unit, total: Total::Sum })
            })
            .collect();
        figures.extend(theme.figures);
        figures.extend(site.figures);
        let mut categories = theme.categories;
        categories.extend(site.categories);
        let mut fields = theme.fields;
        fields.extend(site.fields);
        Some(Self {
            profile: site.profile.or(theme.profile),
            picks_per_week: site.picks_per_week.or(theme.picks_per_week).unwrap_or(2),
            categories,
            figures,
            fields,
        })
    }
}

/// The known keys of the table at a path below `[outreach]`.
pub(super) fn keys(path: &[&str]) -> Option<&'static [&'static str]> {
    match path {
        [] => Some(RawOutreach::KEYS),
        ["figures", _] => Some(FigureName::KEYS),
        _ => None,
    }
}
