//! The table of operations: for each path and method of the routes what may be asked, and what is answered.

use inthreat_api::{LIMIT_MAX, TEXT_LIMIT_MAX};

use super::operation::{Answer, Body, Operation, Parameter, Shape};
use crate::{Role, question::LIST_LIMIT_MAX, route};

/// The lists for firewalls: the server's own, beside the routes.
pub(super) const EDL: &str = "/v1/edl-gateway/{list}";
pub(super) const EDL_HEALTH: &str = "/v1/edl-gateway/health";
/// The feed of MISP, under both of its names.
pub(super) const MISP: &str = "/v2/inthreat/misp/{file}";
pub(super) const MISP_GATEWAY: &str = "/v1/misp-gateway/misp/{file}";

const LIST_LIMIT: Parameter = Parameter::new(
    "limit",
    Shape::Limit { allowed: LIST_LIMIT_MAX, default: 20 },
    "How many items to answer.",
);
const PAGE_LIMIT: Parameter = Parameter::new(
    "limit",
    Shape::Limit { allowed: LIMIT_MAX, default: 100 },
    "How many items to answer.",
);
const FEED_LIMIT: Parameter = Parameter::new(
    "limit",
    Shape::Limit { allowed: TEXT_LIMIT_MAX, default: 100 },
    "How many objects to answer; at most 2000 unless the format is text.",
);
const OBSERVABLE_LIMIT: Parameter = Parameter::new(
    "limit",
    Shape::Limit { allowed: LIMIT_MAX, default: 20 },
    "How many items to answer.",
);
const OFFSET: Parameter = Parameter::new("offset", Shape::Offset, "How many items to pass over.");
const CURSOR: Parameter = Parameter::new(
    "cursor",
    Shape::Cursor,
    "Where to go on: the `next_cursor` of the answer before. It wins over `modified_after`.",
);
const MODIFIED_AFTER: Parameter = Parameter::new(
    "modified_after",
    Shape::Instant,
    "Only what was created or modified after this instant.",
);
const TYPES: Parameter = Parameter::new("match[type]", Shape::List, "Only objects of these types.");
const NAMES: Parameter = Parameter::new("match[name]", Shape::List, "Only objects of these names.");
const IDS: Parameter = Parameter::new("match[id]", Shape::Ids, "Only objects with these ids.");
const SOURCES: Parameter =
    Parameter::new("match[source]", Shape::Ids, "Only objects of these sources.");
const REVOKED: Parameter =
    Parameter::new("include_revoked", Shape::Flag, "Whether revoked objects are answered too.");
const TERM: Parameter = Parameter::new("term", Shape::Text, "Words to look for.");
const THREATS: Parameter = Parameter::new(
    "with_indicated_threats",
    Shape::Flag,
    "Whether items tell what their indicators indicate.",
);

const WINDOW: &[Parameter] = &[LIST_LIMIT, OFFSET];
const NAMED: &[Parameter] = &[LIST_LIMIT, OFFSET, NAMES];
const PLACE: &[Parameter] = &[PAGE_LIMIT, CURSOR, MODIFIED_AFTER];

const FEED_PAGE: &[Parameter] = &[
    FEED_LIMIT,
    CURSOR,
    MODIFIED_AFTER,
    TYPES,
    Parameter::new(
        "match[observable_type]",
        Shape::List,
        "Only indicators of observables of these types.",
    ),
    Parameter::new("include_revoked", Shape::Flag, "Whether revoked objects are delivered."),
    Parameter::new("skip_expired", Shape::Flag, "Whether expired indicators are left out."),
    Parameter::new("return_all_fields", Shape::Flag, "Whether all properties are delivered."),
    Parameter::new(
        "convert_network_traffic",
        Shape::Flag,
        "Whether destinations in patterns are written as addresses and names.",
    ),
    Parameter::new("latest", Shape::Flag, "The newest objects first."),
    Parameter::new(
        "format",
        Shape::Word(&["json", "csv", "text"]),
        "The format of the answer; that of the feed when nothing is said.",
    ),
];
const LOOK_UP: &[Parameter] = &[
    Parameter::new("type", Shape::Text, "The type of the observable, such as `ipv4-addr`.")
        .required(),
    Parameter::new("value", Shape::Text, "Its value; spellings of one value are one value.")
        .required(),
];
const OBJECT_FILTERS: &[Parameter] = &[
    LIST_LIMIT,
    OFFSET,
    TYPES,
    NAMES,
    IDS,
    Parameter::new("match[external_id]", Shape::List, "Only with these external ids."),
    Parameter::new("match[tlp]", Shape::Ids, "Only with these markings."),
    SOURCES,
    Parameter::new("match[label]", Shape::List, "Only with these labels."),
    Parameter::new("deprecated", Shape::Flag, "Only deprecated objects, or only others."),
];
const OBSERVABLE_FILTERS: &[Parameter] = &[
    OBSERVABLE_LIMIT,
    OFFSET,
    THREATS,
    TYPES,
    Parameter::new("match[hash]", Shape::List, "Only files with these hashes."),
    NAMES,
    Parameter::new("match[value]", Shape::List, "Only with these values."),
    Parameter::new("match[tag]", Shape::List, "Only with these tags."),
    Parameter::new("match[valid_tag]", Shape::List, "Only with these tags, and now."),
    IDS,
    SOURCES,
];
const REPORT_FILTERS: &[Parameter] = &[
    LIST_LIMIT,
    OFFSET,
    Parameter::new("only_flint", Shape::Flag, "Only reports of the service's own analysts."),
    Parameter::new("feed_id", Shape::Feed, "Only reports of this feed."),
    TYPES,
    Parameter::new("start", Shape::Instant, "Only reports from this instant on."),
    Parameter::new("end", Shape::Instant, "Only reports up to this instant."),
];
const SEARCH: &[Parameter] = &[
    LIST_LIMIT,
    OFFSET,
    TERM,
    Parameter::new("terms", Shape::List, "Several terms."),
    Parameter::new("types", Shape::List, "Only objects of these types."),
    Parameter::new("simple", Shape::Flag, "Whether only names are looked at."),
    REVOKED,
    Parameter::new("sort", Shape::Word(&["pertinence", "modified"]), "What comes first."),
    Parameter::new("is_source", Shape::Flag, "Only sources, or only others."),
    Parameter::new("sources", Shape::Ids, "Only objects of these sources."),
    Parameter::new("created", Shape::Instant, "Only what was created after this instant."),
    Parameter::new("modified", Shape::Instant, "Only what was modified after this instant."),
    Parameter::new("observable_types", Shape::List, "Only indicators of these observables."),
    Parameter::new("tlps", Shape::Ids, "Only with these markings."),
    Parameter::new("labels", Shape::List, "Only with these labels."),
    Parameter::new("confidence", Shape::Percent, "Compared with the confidence of objects."),
    Parameter::new(
        "confidence_operator",
        Shape::Word(&["==", ">", "<", ">=", "<="]),
        "How the confidence is compared.",
    ),
    Parameter::new("sectors", Shape::Ids, "Only what targets these sectors."),
    Parameter::new("locations", Shape::Ids, "Only what targets these locations."),
    Parameter::new("feed", Shape::Feed, "Only what this feed selects."),
    Parameter::new("names", Shape::List, "Only objects of these names."),
    Parameter::new("deprecated", Shape::Flag, "Only deprecated objects, or only others."),
    Parameter::new("with_count", Shape::Flag, "Whether the answer has a total."),
];
const OBSERVABLE_SEARCH: &[Parameter] = &[TERM.required(), LIST_LIMIT, OFFSET, THREATS];
const BULK_SEARCH: &[Parameter] = &[
    Parameter::new("searches", Shape::List, "The values that are looked for.").required(),
    THREATS,
];
const INDICATOR_IDS: &[Parameter] =
    &[Parameter::new("ids", Shape::Ids, "Ids of indicators.").required()];
const EXPORT: &[Parameter] = &[
    Parameter::new("object_id", Shape::Id, "What is exported.").required(),
    Parameter::new("relationship_types", Shape::List, "Only along these relationships."),
    Parameter::new("categories", Shape::List, "Only objects of these categories."),
    Parameter::new(
        "format",
        Shape::Word(&["jsonl", "csv", "mitre-attack", "text"]),
        "The format of the file.",
    )
    .required(),
];

/// Every operation, in the order in which the document tells them.
pub(super) const OPERATIONS: &[&[Operation]] = &[
    CENTER,
    LIVE_COLLECTIONS,
    OBJECT_SEARCH,
    OBJECT_DETAILS,
    REPORTS,
    OBSERVABLES,
    EXPORTS,
    IOC_COLLECTIONS,
    SERVER,
];

const CENTER: &[Operation] = &[
    center("GET", route::FEED_OBJECTS, "A page of a feed", Answer::Page).with_query(&[FEED_PAGE]),
    center("GET", route::OBJECT, "One object, or several by a comma list", ONE_OR_MANY),
    center("GET", route::OBJECT_CONTEXT, "The bundle around an object", BUNDLE),
    center(
        "GET",
        route::OBJECT_RELATIONSHIPS,
        "The relationships of an object, each with its other end",
        Answer::Json(200, "RelationshipList"),
    )
    .with_query(&[
        WINDOW,
        &[
            TYPES,
            Parameter::new("match[target_types]", Shape::List, "Only with others of these types."),
            REVOKED,
        ],
    ]),
    center("GET", route::RELATIONSHIP, "One relationship, or several by a comma list", ONE_OR_MANY),
    center(
        "GET",
        route::INDICATORS,
        "The indicators that name an observable",
        Answer::Json(200, "IndicatorList"),
    )
    .with_query(&[LOOK_UP]),
    center(
        "GET",
        route::INDICATOR_CONTEXTS,
        "The contexts of the indicators that name an observable",
        Answer::Json(200, "ContextList"),
    )
    .with_query(&[LOOK_UP]),
    center("GET", route::FEEDS, "The feeds", Answer::Json(200, "FeedList")).with_query(&[
        WINDOW,
        &[TERM, Parameter::new("match[id]", Shape::List, "Only feeds with these ids.")],
    ]),
    center("POST", route::FEEDS, "Make a feed", Answer::Json(201, "OneFeed"))
        .with_body(Body::Schema("FeedDraft")),
    center("GET", route::FEED, "One feed", Answer::Json(200, "OneFeed")),
    center("PUT", route::FEED, "Replace what a feed selects", Answer::Json(200, "OneFeed"))
        .with_body(Body::Schema("FeedDraft")),
    center("DELETE", route::FEED, "Delete a feed", Answer::Nothing),
];

const LIVE_COLLECTIONS: &[Operation] = &[
    Operation::new(
        Role::LiveCollections,
        "GET",
        route::OBSERVABLE_PAGES,
        "A page of observables",
        Answer::Json(200, "Page"),
    )
    .with_query(&[
        PLACE,
        &[TYPES, Parameter::new("with_tags", Shape::Flag, "Whether tags are delivered.")],
    ]),
    Operation::new(
        Role::LiveCollections,
        "GET",
        route::RELATIONSHIP_PAGES,
        "A page of the relationships of objects",
        Answer::Json(200, "RelatedPage"),
    )
    .with_query(&[&[IDS.required()], PLACE]),
    Operation::new(
        Role::LiveCollections,
        "GET",
        route::FEED_PATTERNS,
        "A page of the patterns of a feed",
        Answer::Json(200, "PatternPage"),
    )
    .with_query(&[
        PLACE,
        &[Parameter::new("after_id", Shape::Text, "Behind the indicator with this id."), REVOKED],
    ]),
];

const OBJECT_SEARCH: &[Operation] = &[
    search("GET", route::OBJECTS, "Objects", OBJECTS).with_query(&[OBJECT_FILTERS]),
    search("GET", route::LIGHT_OBJECTS, "Names of objects", Answer::Json(200, "LightObjectList"))
        .with_query(&[OBJECT_FILTERS]),
    search("POST", route::OBJECT_SEARCH, "Search objects", OBJECTS)
        .with_query(&[SEARCH])
        .with_body(Body::Arguments(&[SEARCH])),
    search("GET", route::SECTORS, "Sectors of activity", OBJECTS).with_query(&[NAMED]),
    search("GET", route::SOURCES, "Sources", OBJECTS).with_query(&[NAMED]),
    Operation::new(Role::Relationships, "GET", route::RELATIONSHIPS, "Relationships", OBJECTS)
        .with_query(&[WINDOW, &[TYPES]]),
    Operation::new(
        Role::Relationships,
        "POST",
        route::INDICATES,
        "What indicators indicate, with the relationships that say so",
        BUNDLE,
    )
    .with_query(&[INDICATOR_IDS])
    .with_body(Body::Arguments(&[INDICATOR_IDS])),
];

const OBJECT_DETAILS: &[Operation] = &[
    details(
        route::RELATIONSHIP_STATISTICS,
        "How many relationships of which kinds an object has",
        Answer::Json(200, "RelationshipStatistics"),
    )
    .with_query(&[&[REVOKED]]),
    details(
        route::RELATIONSHIP_TYPES,
        "The types of the relationships of an object",
        Answer::Json(200, "NameList"),
    ),
    details(route::OBJECT_REPORTS, "The reports that mention an object", OBJECTS)
        .with_query(&[NAMED]),
    details(route::OBJECT_SOURCES, "The sources of an object", OBJECTS),
    details(route::OBJECT_OBSERVABLES, "The observables of an object", OBJECTS)
        .with_query(&[WINDOW]),
];

const REPORTS: &[Operation] = &[
    report(route::REPORTS, "Reports", OBJECTS).with_query(&[REPORT_FILTERS]),
    report(route::REPORT, "One report", Answer::Json(200, "OneObject")),
    report(route::REPORT_OBJECTS, "The objects of a report", OBJECTS)
        .with_query(&[&[PAGE_LIMIT, OFFSET, TYPES]]),
    report(route::REPORT_OBSERVABLES, "The observables of a report", OBJECTS)
        .with_query(&[&[PAGE_LIMIT, OFFSET, TYPES]]),
];

const OBSERVABLES: &[Operation] = &[
    observables("GET", route::OBSERVABLES, "Observables", OBJECTS)
        .with_query(&[OBSERVABLE_FILTERS]),
    observables("POST", route::OBSERVABLE_SEARCH, "Search observables", OBJECTS)
        .with_query(&[OBSERVABLE_SEARCH])
        .with_body(Body::Arguments(&[OBSERVABLE_SEARCH])),
    observables(
        "POST",
        route::OBSERVABLE_BULK_SEARCH,
        "Look for many values",
        Answer::Json(200, "BulkFoundList"),
    )
    .with_query(&[BULK_SEARCH])
    .with_body(Body::Arguments(&[BULK_SEARCH])),
    observables(
        "POST",
        route::OBSERVABLE_COUNT,
        "How many observables a search finds",
        Answer::Json(200, "Count"),
    )
    .with_query(&[&[TERM.required()]])
    .with_body(Body::Arguments(&[&[TERM.required()]])),
    observables("GET", route::OBSERVABLE_TAGS, "Tags", Answer::Json(200, "TagList"))
        .with_query(&[NAMED]),
    observables("GET", route::OBSERVABLE, "One observable", Answer::Json(200, "OneObject")),
    observables(
        "GET",
        route::OBSERVABLE_RELATIONSHIPS,
        "The relationships of an observable",
        Answer::Json(200, "RelationshipList"),
    )
    .with_query(&[WINDOW]),
    observables("GET", route::OBSERVABLE_INDICATORS, "The indicators of an observable", OBJECTS)
        .with_query(&[WINDOW, &[THREATS]]),
    observables("GET", route::OBSERVABLE_REPORTS, "The reports of an observable", OBJECTS)
        .with_query(&[WINDOW]),
];

const EXPORTS: &[Operation] = &[
    Operation::new(
        Role::Exports,
        "POST",
        route::EXPORTS,
        "Export an object and what surrounds it",
        Answer::Json(202, "OneExport"),
    )
    .with_query(&[EXPORT])
    .with_body(Body::Arguments(&[EXPORT])),
    Operation::new(
        Role::Exports,
        "GET",
        route::EXPORT,
        "How far an export is",
        Answer::Json(200, "OneExport"),
    ),
    Operation::new(Role::Exports, "GET", route::EXPORT_FILE, "What was exported", Answer::File),
    Operation::new(
        Role::Exports,
        "GET",
        route::OBJECT_FILE,
        "A file that belongs to an object",
        Answer::File,
    ),
];

const IOC_COLLECTIONS: &[Operation] = &[
    ioc("GET", route::IOC_COLLECTIONS, "Collections", Answer::Json(200, "IocCollectionList"))
        .with_query(&[
            WINDOW,
            &[
                TERM,
                Parameter::new("match[community_uuid]", Shape::List, "Only of these communities."),
                Parameter::new("with_indicators_count", Shape::Flag, "Whether they are counted."),
            ],
        ]),
    ioc("POST", route::IOC_COLLECTIONS, "Make a collection", Answer::Json(201, "IocCollection"))
        .with_body(Body::Schema("NewIocCollection")),
    ioc("GET", route::IOC_COUNT, "How many indicators there are", Answer::Json(200, "IocCount"))
        .with_query(&[&[Parameter::new("community_uuid", Shape::Text, "Of this community.")]]),
    ioc("GET", route::IOC_COLLECTION, "One collection", Answer::Json(200, "IocCollection")),
    ioc("PATCH", route::IOC_COLLECTION, "Change a collection", Answer::Json(200, "IocCollection"))
        .with_body(Body::Schema("IocCollectionDraft")),
    ioc("DELETE", route::IOC_COLLECTION, "Delete a collection", Answer::Nothing),
    ioc("GET", route::IOCS, "The indicators of a collection", OBJECTS)
        .with_query(&[WINDOW, &[TERM]]),
    ioc("POST", route::IOCS, "Add indicators", Answer::Json(200, "IocsAdded"))
        .with_body(Body::Schema("Iocs")),
    ioc("POST", route::IOC_TEXT, "Add indicators from a text", Answer::Json(202, "Task"))
        .with_body(Body::Schema("IocText")),
    ioc("PUT", route::IOC, "Change an indicator", Answer::Json(200, "Object"))
        .with_body(Body::Schema("IocFields")),
    ioc("DELETE", route::IOC, "Revoke an indicator, or delete it", REVOKED_IOC).with_query(&[&[
        Parameter::new("force_deletion", Shape::Flag, "Whether it is deleted, with status 204."),
    ]]),
    ioc("GET", route::IOC_CONTEXT, "The bundle around an indicator", BUNDLE),
];

const SERVER: &[Operation] = &[
    Operation::new(
        Role::Server,
        "GET",
        route::KEY_CHECK,
        "Whether the key is taken",
        Answer::Json(200, "KeyInfo"),
    ),
    Operation::new(Role::Server, "GET", route::ME, "Whose key it is", Answer::Json(200, "Profile")),
    Operation::new(Role::Server, "GET", MISP, "A file of the feed of MISP", Answer::Misp),
    Operation::new(
        Role::Server,
        "GET",
        MISP_GATEWAY,
        "A file of the feed of MISP, under its other name",
        Answer::Misp,
    ),
    Operation::new(
        Role::Server,
        "GET",
        EDL,
        "A list for firewalls: the values that are active now, one a line",
        Answer::Lines,
    ),
    Operation::new(
        Role::Server,
        "GET",
        EDL_HEALTH,
        "Whether lists are answered",
        Answer::Json(200, "Health"),
    ),
];

const ONE_OR_MANY: Answer = Answer::Json(200, "OneOrMany");
const OBJECTS: Answer = Answer::Json(200, "ObjectList");
const BUNDLE: Answer = Answer::Json(200, "Bundle");
/// Status 204 is told by the document too, since a flag asks for it.
const REVOKED_IOC: Answer = Answer::Json(200, "Object");

const fn center(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    answer: Answer,
) -> Operation {
    Operation::new(Role::Center, method, path, summary, answer)
}

const fn search(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    answer: Answer,
) -> Operation {
    Operation::new(Role::ObjectSearch, method, path, summary, answer)
}

const fn details(path: &'static str, summary: &'static str, answer: Answer) -> Operation {
    Operation::new(Role::ObjectDetails, "GET", path, summary, answer)
}

const fn report(path: &'static str, summary: &'static str, answer: Answer) -> Operation {
    Operation::new(Role::Reports, "GET", path, summary, answer)
}

const fn observables(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    answer: Answer,
) -> Operation {
    Operation::new(Role::Observables, method, path, summary, answer)
}

const fn ioc(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    answer: Answer,
) -> Operation {
    Operation::new(Role::IocCollections, method, path, summary, answer)
}
