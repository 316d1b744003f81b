//! Every constructor makes an object that conforms, and `build` refuses one that does not.

use proptest::{collection::vec, prelude::*};

use crate::{
    HashAlgorithm, Id, Kind, Object, Timestamp,
    marking::Tlp,
    model::{
        Artifact, AttackPattern, AutonomousSystem, BuildError, Campaign, CourseOfAction,
        CustomObject, Dictionary, Directory, DomainName, EmailAddr, EmailMessage,
        ExtensionDefinition, ExternalReference, File, GranularMarking, Grouping, Identity,
        Incident, Indicator, Infrastructure, IntrusionSet, Ipv4Addr, Ipv6Addr, Json,
        LanguageContent, Location, MacAddr, Malware, MalwareAnalysis, MarkingDefinition, MimePart,
        Mutex, NetworkTraffic, Note, ObservedData, Opinion, Process, Relationship, Report,
        Sighting, Software, ThreatActor, Tool, Url, UserAccount, Vulnerability, WindowsRegistryKey,
        X509Certificate,
    },
    validate::{Code, Finding},
    vocabulary::{
        ExtensionType, GroupingContext, MalwareResult, OpinionValue, PatternType, Region,
    },
};

/// What constructors take.
#[derive(Clone, Debug)]
struct Inputs {
    uuid: [u8; 16],
    created: Timestamp,
    text: String,
    number: u32,
}

impl Inputs {
    fn id(&self, kind: Kind) -> Id {
        let mut uuid = self.uuid;
        // A UUID of version 4.
        uuid[6] = uuid[6] & 0x0f | 0x40;
        uuid[8] = uuid[8] & 0x3f | 0x80;
        Id::new(kind, uuid)
    }

    fn refs(&self) -> Vec<Id> {
        vec![self.id(Kind::Indicator), self.id(Kind::File)]
    }
}

fn inputs() -> impl Strategy<Value = Inputs> {
    let text = "[ -~é]{0,12}[a-z]";
    (any::<[u8; 16]>(), 0_i64..4_000_000_000, 0_u8..=9, text, any::<u32>()).prop_map(
        |(uuid, seconds, digits, text, number)| Inputs {
            uuid,
            created: Timestamp::from_unix(seconds, 0).unwrap().with_digits(digits),
            text,
            number,
        },
    )
}

fn domain_objects(from: &Inputs) -> Vec<Result<Object, BuildError>> {
    let (id, created, text) = (|kind| from.id(kind), from.created, from.text.as_str());
    vec![
        AttackPattern::new(id(Kind::AttackPattern), created, text).build().map(Into::into),
        Campaign::new(id(Kind::Campaign), created, text).build().map(Into::into),
        CourseOfAction::new(id(Kind::CourseOfAction), created, text).build().map(Into::into),
        Grouping::new(id(Kind::Grouping), created, GroupingContext::Unspecified, from.refs())
            .build()
            .map(Into::into),
        Identity::new(id(Kind::Identity), created, text).build().map(Into::into),
        Incident::new(id(Kind::Incident), created, text).build().map(Into::into),
        Indicator::new(
            id(Kind::Indicator),
            created,
            "[url:value = 'http://example.com/']",
            PatternType::Stix,
            created,
        )
        .build()
        .map(Into::into),
        Infrastructure::new(id(Kind::Infrastructure), created, text).build().map(Into::into),
        IntrusionSet::new(id(Kind::IntrusionSet), created, text).build().map(Into::into),
        Location::in_region(id(Kind::Location), created, Region::Africa).build().map(Into::into),
        Location::in_country(id(Kind::Location), created, "fr").build().map(Into::into),
        Location::at(id(Kind::Location), created, 48, 2).build().map(Into::into),
        Malware::instance(id(Kind::Malware), created).build().map(Into::into),
        Malware::family(id(Kind::Malware), created, text).build().map(Into::into),
        MalwareAnalysis::of_result(id(Kind::MalwareAnalysis), created, text, MalwareResult::Benign)
            .build()
            .map(Into::into),
        MalwareAnalysis::of_captures(id(Kind::MalwareAnalysis), created, text, [id(Kind::File)])
            .build()
            .map(Into::into),
        Note::new(id(Kind::Note), created, text, from.refs()).build().map(Into::into),
        ObservedData::new(
            id(Kind::ObservedData),
            created,
            created,
            created,
            u64::from(from.number % 999_999_999 + 1),
            [id(Kind::File)],
        )
        .build()
        .map(Into::into),
        Opinion::new(id(Kind::Opinion), created, OpinionValue::Agree, from.refs())
            .build()
            .map(Into::into),
        Report::new(id(Kind::Report), created, text, created, from.refs()).build().map(Into::into),
        ThreatActor::new(id(Kind::ThreatActor), created, text).build().map(Into::into),
        Tool::new(id(Kind::Tool), created, text).build().map(Into::into),
        Vulnerability::new(id(Kind::Vulnerability), created, text).build().map(Into::into),
    ]
}

fn other_objects(from: &Inputs) -> Vec<Result<Object, BuildError>> {
    let (id, created, text) = (|kind| from.id(kind), from.created, from.text.as_str());
    let contents = [("name", Json::new(text).unwrap())].into_iter().collect::<Dictionary<_>>();
    let contents = [("fr", contents)].into_iter().collect::<Dictionary<_>>();
    let mut built = vec![
        Relationship::new(
            id(Kind::Relationship),
            created,
            "related-to",
            id(Kind::Malware),
            id(Kind::Url),
        )
        .build()
        .map(Into::into),
        Sighting::new(id(Kind::Sighting), created, id(Kind::Malware)).build().map(Into::into),
        LanguageContent::new(id(Kind::LanguageContent), created, id(Kind::Tool), contents)
            .build()
            .map(Into::into),
        MarkingDefinition::statement(id(Kind::MarkingDefinition), created, text)
            .build()
            .map(Into::into),
        ExtensionDefinition::new(
            id(Kind::ExtensionDefinition),
            created,
            id(Kind::Identity),
            text,
            "https://example.com/schema.json",
            "1.0.0",
            [ExtensionType::NewSdo],
        )
        .build()
        .map(Into::into),
        Tool::new(id(Kind::Tool), created, text)
            .with_external_references([
                ExternalReference::of_entry(text, text),
                ExternalReference::at_url(text, "https://example.com/"),
                ExternalReference::described(text, text),
            ])
            .with_granular_markings([
                GranularMarking::of_definition(Tlp::Red.marking(), ["name".to_owned()]),
                GranularMarking::of_language("fr", ["external_references.[0]".to_owned()]),
            ])
            .build()
            .map(Into::into),
    ];
    let levels = [Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict, Tlp::Red];
    built.extend(levels.map(|level| MarkingDefinition::tlp(level).build().map(Into::into)));
    built
}

fn observables(from: &Inputs) -> Vec<Result<Object, BuildError>> {
    let (id, text) = (|kind| from.id(kind), from.text.as_str());
    let hashes = || {
        let name = HashAlgorithm::Md5.as_str();
        [(name, "0123456789abcdef0123456789abcdef".to_owned())]
            .into_iter()
            .collect::<Dictionary<_>>()
    };
    let protocols = || ["tcp".to_owned()];
    vec![
        Artifact::of_payload("aW50aHJlYXQ=").build().map(Into::into),
        Artifact::at_url("https://example.com/a", hashes()).build().map(Into::into),
        AutonomousSystem::new(u64::from(from.number)).build().map(Into::into),
        Directory::new(text).build().map(Into::into),
        DomainName::new("example.com").build().map(Into::into),
        EmailAddr::new("a@example.com").build().map(Into::into),
        EmailMessage::new(false).with_id(id(Kind::EmailMessage)).build().map(Into::into),
        EmailMessage::new(false).with_body(text).build().map(Into::into),
        EmailMessage::new(true)
            .with_subject(text)
            .with_body_multipart([MimePart::of_text(text), MimePart::of_object(id(Kind::Artifact))])
            .build()
            .map(Into::into),
        File::named(text).build().map(Into::into),
        File::hashed(hashes()).build().map(Into::into),
        Ipv4Addr::new("198.51.100.3").build().map(Into::into),
        Ipv6Addr::new("2001:db8::1").build().map(Into::into),
        MacAddr::new("d2:fb:49:24:37:18").build().map(Into::into),
        Mutex::new(text).build().map(Into::into),
        NetworkTraffic::from_source(protocols(), id(Kind::Ipv4Addr)).build().map(Into::into),
        NetworkTraffic::to_destination(protocols(), id(Kind::DomainName)).build().map(Into::into),
        Process::of_pid(i64::from(from.number)).with_id(id(Kind::Process)).build().map(Into::into),
        Process::of_command(text).with_id(id(Kind::Process)).build().map(Into::into),
        Process::of_image(id(Kind::File)).with_id(id(Kind::Process)).build().map(Into::into),
        Software::new(text).build().map(Into::into),
        Url::new("https://example.com/").build().map(Into::into),
        UserAccount::of_user_id(text).build().map(Into::into),
        UserAccount::of_login(text).build().map(Into::into),
        WindowsRegistryKey::new(r"HKEY_LOCAL_MACHINE\System\Foo").build().map(Into::into),
        X509Certificate::issued(text, text).build().map(Into::into),
        X509Certificate::hashed(hashes()).build().map(Into::into),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    // Catches a constructor that leaves out what the specification requires, or writes it in a form that it
    // refuses; an observable without an identifier; and a type without a constructor.
    #[test]
    fn what_is_built_conforms(from in inputs()) {
        let mut kinds = vec![Kind::Bundle];
        for built in domain_objects(&from).into_iter().chain(other_objects(&from)).chain(observables(&from)) {
            let object = built.unwrap();
            prop_assert!(object.id().is_some());
            kinds.push(object.kind());
        }
        for kind in Kind::DEFINED {
            prop_assert!(kinds.contains(kind), "{}", kind);
        }
    }

    // Catches an identifier of another type that is taken.
    #[test]
    fn identifiers_are_of_the_type(from in inputs(), kind in 0..Kind::DEFINED.len()) {
        let kind = Kind::DEFINED[kind].clone();
        let built = Identity::new(from.id(kind.clone()), from.created, from.text.as_str()).build();
        prop_assert_eq!(built.is_ok(), kind == Kind::Identity);
    }

    // Catches an identifier that does not follow from what the object says.
    #[test]
    fn identifiers_of_observables_are_deterministic(texts in vec("[a-z]{1,8}", 2)) {
        let id = |text: &str| Mutex::new(text).build().unwrap().common.id;
        prop_assert_eq!(id(&texts[0]) == id(&texts[1]), texts[0] == texts[1]);
    }
}

fn codes<T>(built: Result<T, BuildError>) -> Vec<Code> {
    let error = built.err().unwrap();
    error.report().errors().map(Finding::code).collect()
}

// Catches conditions between properties that are not checked.
#[test]
fn what_does_not_conform_is_refused() {
    let created: Timestamp = "2024-03-01T12:00:00Z".parse().unwrap();
    let id =
        |kind: Kind| format!("{kind}--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f").parse::<Id>().unwrap();
    let malware = || Malware::instance(id(Kind::Malware), created);
    assert_eq!(codes(malware().with_is_family(true).build()), [Code::PropertyCombination]);
    let earlier: Timestamp = "2024-02-01T12:00:00.000Z".parse().unwrap();
    assert_eq!(codes(malware().with_modified(earlier).build()), [Code::TimestampOrder]);
    assert_eq!(codes(malware().with_confidence(101).build()), [Code::NumberRange]);
    let multipart = EmailMessage::new(true).with_subject("a");
    assert_eq!(codes(multipart.with_body("b").build()), [Code::PropertyCombination]);
    assert_eq!(codes(Ipv4Addr::new("198.51.100.300").build()), [Code::IpAddress]);
    // Nothing that a process says contributes to an identifier.
    assert_eq!(codes(Process::of_pid(1).build()), [Code::RequiredProperty]);
    let error = Process::of_pid(1).build().err().unwrap();
    assert_eq!(
        error.to_string(),
        "build an object of STIX 2.1: error: /: the property `id` is absent [required-property, STIX 2.1 section 3.2]"
    );
}

// Catches a custom object that is not checked.
#[test]
fn custom_objects_are_checked() {
    let custom = |text: &str| serde_json::from_str::<CustomObject>(text).unwrap().build().is_ok();
    let id = "x-a--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
    let times = r#""created":"2024-03-01T12:00:00.000Z","modified":"2024-03-01T12:00:00.000Z""#;
    assert!(custom(&format!(r#"{{"type":"x-a","spec_version":"2.1","id":"{id}",{times}}}"#)));
    assert!(!custom(&format!(r#"{{"type":"x-b","spec_version":"2.1","id":"{id}",{times}}}"#)));
}
