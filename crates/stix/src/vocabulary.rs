//! The vocabularies of STIX 2.1 (section 10): the words that the specification lists, and room for all others.
//!
//! Open vocabularies and closed enumerations are read alike: a word that the specification does not list becomes
//! `Other` with its text and is written again as it was. Whether a word is allowed is a matter of validation.
//! Hash algorithms (section 10.7) are keys of dictionaries and not values: see [`HashAlgorithm`](crate::HashAlgorithm).
//!
//! ```
//! use inthreat_stix::vocabulary::MalwareType;
//!
//! assert_eq!(MalwareType::from("wiper"), MalwareType::Wiper);
//! assert_eq!(MalwareType::from("stealer"), MalwareType::Other("stealer".to_owned()));
//! assert_eq!(MalwareType::from("stealer").as_str(), "stealer");
//! ```

use crate::model::vocabulary;

vocabulary! {
    /// Types of user accounts (section 10.1, `account-type-ov`).
    AccountType {
        Unix "unix",
        WindowsLocal "windows-local",
        WindowsDomain "windows-domain",
        Ldap "ldap",
        Tacacs "tacacs",
        Radius "radius",
        Nis "nis",
        Openid "openid",
        Facebook "facebook",
        Skype "skype",
        Twitter "twitter",
        Kavi "kavi",
    }

    /// Why someone attacks (section 10.2, `attack-motivation-ov`).
    AttackMotivation {
        Accidental "accidental",
        Coercion "coercion",
        Dominance "dominance",
        Ideology "ideology",
        Notoriety "notoriety",
        OrganizationalGain "organizational-gain",
        PersonalGain "personal-gain",
        PersonalSatisfaction "personal-satisfaction",
        Revenge "revenge",
        Unpredictable "unpredictable",
    }

    /// What resources an attacker has (section 10.3, `attack-resource-level-ov`).
    AttackResourceLevel {
        Individual "individual",
        Club "club",
        Contest "contest",
        Team "team",
        Organization "organization",
        Government "government",
    }

    /// How an artifact is encrypted (section 10.4, `encryption-algorithm-enum`).
    EncryptionAlgorithm {
        Aes256Gcm "AES-256-GCM",
        ChaCha20Poly1305 "ChaCha20-Poly1305",
        MimeTypeIndicated "mime-type-indicated",
    }

    /// What an extension adds (section 10.5, `extension-type-enum`).
    ExtensionType {
        NewSdo "new-sdo",
        NewSco "new-sco",
        NewSro "new-sro",
        PropertyExtension "property-extension",
        ToplevelPropertyExtension "toplevel-property-extension",
    }

    /// What the objects of a grouping have in common (section 10.6, `grouping-context-ov`).
    GroupingContext {
        SuspiciousActivity "suspicious-activity",
        MalwareAnalysis "malware-analysis",
        Unspecified "unspecified",
    }

    /// What kind of entity an identity is (section 10.8, `identity-class-ov`).
    IdentityClass {
        Individual "individual",
        Group "group",
        System "system",
        Organization "organization",
        Class "class",
        Unknown "unknown",
    }

    /// Programming languages of malware (section 10.9, `implementation-language-ov`).
    ImplementationLanguage {
        Applescript "applescript",
        Bash "bash",
        C "c",
        Cpp "c++",
        CSharp "c#",
        Go "go",
        Java "java",
        Javascript "javascript",
        Lua "lua",
        ObjectiveC "objective-c",
        Perl "perl",
        Php "php",
        Powershell "powershell",
        Python "python",
        Ruby "ruby",
        Scala "scala",
        Swift "swift",
        Typescript "typescript",
        VisualBasic "visual-basic",
        X86_32 "x86-32",
        X86_64 "x86-64",
    }

    /// What an indicator indicates (section 10.10, `indicator-type-ov`).
    IndicatorType {
        AnomalousActivity "anomalous-activity",
        Anonymization "anonymization",
        Benign "benign",
        Compromised "compromised",
        MaliciousActivity "malicious-activity",
        Attribution "attribution",
        Unknown "unknown",
    }

    /// Sectors of industry (section 10.11, `industry-sector-ov`).
    IndustrySector {
        Agriculture "agriculture",
        Aerospace "aerospace",
        Automotive "automotive",
        Chemical "chemical",
        Commercial "commercial",
        Communications "communications",
        Construction "construction",
        Defense "defense",
        Education "education",
        Energy "energy",
        Entertainment "entertainment",
        FinancialServices "financial-services",
        Government "government",
        EmergencyServices "emergency-services",
        GovernmentLocal "government-local",
        GovernmentNational "government-national",
        GovernmentPublicServices "government-public-services",
        GovernmentRegional "government-regional",
        Healthcare "healthcare",
        HospitalityLeisure "hospitality-leisure",
        Infrastructure "infrastructure",
        Dams "dams",
        Nuclear "nuclear",
        Water "water",
        Insurance "insurance",
        Manufacturing "manufacturing",
        Mining "mining",
        NonProfit "non-profit",
        Pharmaceuticals "pharmaceuticals",
        Retail "retail",
        Technology "technology",
        Telecommunications "telecommunications",
        Transportation "transportation",
        Utilities "utilities",
    }

    /// What an infrastructure is used for (section 10.12, `infrastructure-type-ov`).
    InfrastructureType {
        Amplification "amplification",
        Anonymization "anonymization",
        Botnet "botnet",
        CommandAndControl "command-and-control",
        ControlSystem "control-system",
        Exfiltration "exfiltration",
        Firewall "firewall",
        HostingMalware "hosting-malware",
        HostingTargetLists "hosting-target-lists",
        Phishing "phishing",
        Reconnaissance "reconnaissance",
        RoutersSwitches "routers-switches",
        Staging "staging",
        Workstation "workstation",
        Unknown "unknown",
    }

    /// What an analysis found (section 10.13, `malware-result-ov`).
    MalwareResult {
        Malicious "malicious",
        Suspicious "suspicious",
        Benign "benign",
        Unknown "unknown",
    }

    /// What malware is able to do (section 10.14, `malware-capabilities-ov`).
    MalwareCapability {
        AccessesRemoteMachines "accesses-remote-machines",
        AntiDebugging "anti-debugging",
        AntiDisassembly "anti-disassembly",
        AntiEmulation "anti-emulation",
        AntiMemoryForensics "anti-memory-forensics",
        AntiSandbox "anti-sandbox",
        AntiVm "anti-vm",
        CapturesInputPeripherals "captures-input-peripherals",
        CapturesOutputPeripherals "captures-output-peripherals",
        CapturesSystemStateData "captures-system-state-data",
        CleansTracesOfInfection "cleans-traces-of-infection",
        CommitsFraud "commits-fraud",
        CommunicatesWithC2 "communicates-with-c2",
        CompromisesDataAvailability "compromises-data-availability",
        CompromisesDataIntegrity "compromises-data-integrity",
        CompromisesSystemAvailability "compromises-system-availability",
        ControlsLocalMachine "controls-local-machine",
        DegradesSecuritySoftware "degrades-security-software",
        DegradesSystemUpdates "degrades-system-updates",
        DeterminesC2Server "determines-c2-server",
        EmailsSpam "emails-spam",
        EscalatesPrivileges "escalates-privileges",
        EvadesAv "evades-av",
        ExfiltratesData "exfiltrates-data",
        FingerprintsHost "fingerprints-host",
        HidesArtifacts "hides-artifacts",
        HidesExecutingCode "hides-executing-code",
        InfectsFiles "infects-files",
        InfectsRemoteMachines "infects-remote-machines",
        InstallsOtherComponents "installs-other-components",
        PersistsAfterSystemReboot "persists-after-system-reboot",
        PreventsArtifactAccess "prevents-artifact-access",
        PreventsArtifactDeletion "prevents-artifact-deletion",
        ProbesNetworkEnvironment "probes-network-environment",
        SelfModifies "self-modifies",
        StealsAuthenticationCredentials "steals-authentication-credentials",
        ViolatesSystemOperationalIntegrity "violates-system-operational-integrity",
    }

    /// Types of malware (section 10.15, `malware-type-ov`).
    MalwareType {
        Adware "adware",
        Backdoor "backdoor",
        Bot "bot",
        Bootkit "bootkit",
        Ddos "ddos",
        Downloader "downloader",
        Dropper "dropper",
        ExploitKit "exploit-kit",
        Keylogger "keylogger",
        Ransomware "ransomware",
        RemoteAccessTrojan "remote-access-trojan",
        ResourceExploitation "resource-exploitation",
        RogueSecuritySoftware "rogue-security-software",
        Rootkit "rootkit",
        ScreenCapture "screen-capture",
        Spyware "spyware",
        Trojan "trojan",
        Unknown "unknown",
        Virus "virus",
        Webshell "webshell",
        Wiper "wiper",
        Worm "worm",
    }

    /// Address families of sockets (section 10.16, `network-socket-address-family-enum`).
    AddressFamily {
        Unspecified "AF_UNSPEC",
        Inet "AF_INET",
        Ipx "AF_IPX",
        AppleTalk "AF_APPLETALK",
        NetBios "AF_NETBIOS",
        Inet6 "AF_INET6",
        Irda "AF_IRDA",
        Bluetooth "AF_BTH",
    }

    /// Types of sockets (section 10.17, `network-socket-type-enum`).
    SocketType {
        Stream "SOCK_STREAM",
        Dgram "SOCK_DGRAM",
        Raw "SOCK_RAW",
        Rdm "SOCK_RDM",
        Seqpacket "SOCK_SEQPACKET",
    }

    /// How much the creator of an opinion agrees (section 10.18, `opinion-enum`).
    OpinionValue {
        StronglyDisagree "strongly-disagree",
        Disagree "disagree",
        Neutral "neutral",
        Agree "agree",
        StronglyAgree "strongly-agree",
    }

    /// Languages of patterns (section 10.19, `pattern-type-ov`).
    PatternType {
        Stix "stix",
        Pcre "pcre",
        Sigma "sigma",
        Snort "snort",
        Suricata "suricata",
        Yara "yara",
    }

    /// Architectures of processors (section 10.20, `processor-architecture-ov`).
    ProcessorArchitecture {
        Alpha "alpha",
        Arm "arm",
        Ia64 "ia-64",
        Mips "mips",
        Powerpc "powerpc",
        Sparc "sparc",
        X86 "x86",
        X86_64 "x86-64",
    }

    /// Regions of the world (section 10.21, `region-ov`).
    Region {
        Africa "africa",
        EasternAfrica "eastern-africa",
        MiddleAfrica "middle-africa",
        NorthernAfrica "northern-africa",
        SouthernAfrica "southern-africa",
        WesternAfrica "western-africa",
        Americas "americas",
        LatinAmericaCaribbean "latin-america-caribbean",
        SouthAmerica "south-america",
        Caribbean "caribbean",
        CentralAmerica "central-america",
        NorthernAmerica "northern-america",
        Asia "asia",
        CentralAsia "central-asia",
        EasternAsia "eastern-asia",
        SouthernAsia "southern-asia",
        SouthEasternAsia "south-eastern-asia",
        WesternAsia "western-asia",
        Europe "europe",
        EasternEurope "eastern-europe",
        NorthernEurope "northern-europe",
        SouthernEurope "southern-europe",
        WesternEurope "western-europe",
        Oceania "oceania",
        AustraliaNewZealand "australia-new-zealand",
        Melanesia "melanesia",
        Micronesia "micronesia",
        Polynesia "polynesia",
        Antarctica "antarctica",
    }

    /// What a report is about (section 10.22, `report-type-ov`).
    ReportType {
        ThreatReport "threat-report",
        AttackPattern "attack-pattern",
        Campaign "campaign",
        Identity "identity",
        Indicator "indicator",
        IntrusionSet "intrusion-set",
        Malware "malware",
        ObservedData "observed-data",
        ThreatActor "threat-actor",
        Tool "tool",
        Vulnerability "vulnerability",
    }

    /// Types of threat actors (section 10.23, `threat-actor-type-ov`).
    ThreatActorType {
        Activist "activist",
        Competitor "competitor",
        CrimeSyndicate "crime-syndicate",
        Criminal "criminal",
        Hacker "hacker",
        InsiderAccidental "insider-accidental",
        InsiderDisgruntled "insider-disgruntled",
        NationState "nation-state",
        Sensationalist "sensationalist",
        Spy "spy",
        Terrorist "terrorist",
        Unknown "unknown",
    }

    /// Roles of threat actors (section 10.24, `threat-actor-role-ov`).
    ThreatActorRole {
        Agent "agent",
        Director "director",
        Independent "independent",
        InfrastructureArchitect "infrastructure-architect",
        InfrastructureOperator "infrastructure-operator",
        MalwareAuthor "malware-author",
        Sponsor "sponsor",
    }

    /// Skills of threat actors (section 10.25, `threat-actor-sophistication-ov`).
    ThreatActorSophistication {
        None "none",
        Minimal "minimal",
        Intermediate "intermediate",
        Advanced "advanced",
        Expert "expert",
        Innovator "innovator",
        Strategic "strategic",
    }

    /// Types of tools (section 10.26, `tool-type-ov`).
    ToolType {
        DenialOfService "denial-of-service",
        Exploitation "exploitation",
        InformationGathering "information-gathering",
        NetworkCapture "network-capture",
        CredentialExploitation "credential-exploitation",
        RemoteAccess "remote-access",
        VulnerabilityScanning "vulnerability-scanning",
        Unknown "unknown",
    }

    /// Integrity levels of Windows processes (section 10.27, `windows-integrity-level-enum`).
    IntegrityLevel {
        Low "low",
        Medium "medium",
        High "high",
        System "system",
    }

    /// Types of Windows PE binaries (section 10.28, `windows-pebinary-type-ov`).
    PeBinaryType {
        Dll "dll",
        Exe "exe",
        Sys "sys",
    }

    /// Data types of Windows registry values (section 10.29, `windows-registry-datatype-enum`).
    RegistryDataType {
        None "REG_NONE",
        Sz "REG_SZ",
        ExpandSz "REG_EXPAND_SZ",
        Binary "REG_BINARY",
        Dword "REG_DWORD",
        DwordBigEndian "REG_DWORD_BIG_ENDIAN",
        DwordLittleEndian "REG_DWORD_LITTLE_ENDIAN",
        Link "REG_LINK",
        MultiSz "REG_MULTI_SZ",
        ResourceList "REG_RESOURCE_LIST",
        FullResourceDescription "REG_FULL_RESOURCE_DESCRIPTION",
        ResourceRequirementsList "REG_RESOURCE_REQUIREMENTS_LIST",
        Qword "REG_QWORD",
        InvalidType "REG_INVALID_TYPE",
    }

    /// How a Windows service is started (section 10.30, `windows-service-start-type-enum`).
    ServiceStartType {
        AutoStart "SERVICE_AUTO_START",
        BootStart "SERVICE_BOOT_START",
        DemandStart "SERVICE_DEMAND_START",
        Disabled "SERVICE_DISABLED",
        SystemAlert "SERVICE_SYSTEM_ALERT",
    }

    /// Types of Windows services (section 10.31, `windows-service-type-enum`).
    ServiceType {
        KernelDriver "SERVICE_KERNEL_DRIVER",
        FileSystemDriver "SERVICE_FILE_SYSTEM_DRIVER",
        Win32OwnProcess "SERVICE_WIN32_OWN_PROCESS",
        Win32ShareProcess "SERVICE_WIN32_SHARE_PROCESS",
    }

    /// States of Windows services (section 10.32, `windows-service-status-enum`).
    ServiceStatus {
        ContinuePending "SERVICE_CONTINUE_PENDING",
        PausePending "SERVICE_PAUSE_PENDING",
        Paused "SERVICE_PAUSED",
        Running "SERVICE_RUNNING",
        StartPending "SERVICE_START_PENDING",
        StopPending "SERVICE_STOP_PENDING",
        Stopped "SERVICE_STOPPED",
    }

    /// What a marking definition is made of (section 7.2.1).
    MarkingType {
        Statement "statement",
        Tlp "tlp",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Catches a word that is listed twice or that is not found again.
    #[test]
    fn defined_words_survive() {
        for word in Region::DEFINED {
            assert_eq!(Region::from(word.as_str()), *word);
            assert!(word.is_defined());
        }
        assert!(IndustrySector::WORDS.contains(&"emergency-services"));
    }

    proptest! {
        // Catches an unknown word that changes.
        #[test]
        fn any_word_survives(word in ".{0,20}") {
            let read = ToolType::from(word.as_str());
            prop_assert_eq!(read.as_str(), word.as_str());
            prop_assert_eq!(ToolType::from(word.clone()).to_string(), word);
        }
    }
}
