//! The predefined extensions of cyber-observable objects (STIX 2.1, section 6).

use crate::validate::{
    format::Format,
    rules,
    shape::{
        Dictionary as D, INTEGER, NATURAL, NUMBER, Property, Rule, Shape, TEXTS,
        Targets::Any,
        Value::{
            self, Bool, Dictionary, Enumeration, Formatted, Hashes, List, Object, Reference, Text,
            Vocabulary, WholeSeconds,
        },
        optional, reference, required, shape,
    },
};
use crate::vocabulary as words;

/// Extensions by name.
type Extensions = &'static [(&'static str, &'static Shape)];

pub(super) const FILE: Extensions = &[
    ("archive-ext", &ARCHIVE),
    ("ntfs-ext", &NTFS),
    ("pdf-ext", &PDF),
    ("raster-image-ext", &RASTER_IMAGE),
    ("windows-pebinary-ext", &WINDOWS_PE_BINARY),
];

pub(super) const NETWORK_TRAFFIC: Extensions = &[
    ("http-request-ext", &HTTP_REQUEST),
    ("icmp-ext", &ICMP),
    ("socket-ext", &SOCKET),
    ("tcp-ext", &TCP),
];

pub(super) const PROCESS: Extensions =
    &[("windows-process-ext", &WINDOWS_PROCESS), ("windows-service-ext", &WINDOWS_SERVICE)];

pub(super) const USER_ACCOUNT: Extensions = &[("unix-account-ext", &UNIX_ACCOUNT)];

const HEX: Value = Formatted(Format::Hex);

pub(super) static ARCHIVE: Shape = shape(
    "6.7.2",
    &[
        required("contains_refs", List(&Reference(Any))),
        optional("comment", Text),
        // Defined by STIX 2.0 alone.
        optional("version", Text),
    ],
    &[],
);

pub(super) static NTFS: Shape = shape(
    "6.7.3",
    &[optional("sid", Text), optional("alternate_data_streams", List(&Object(&DATA_STREAM)))],
    &[Rule::AnyOf(&["sid", "alternate_data_streams"])],
);

static DATA_STREAM: Shape = shape(
    "6.7.3.1",
    &[required("name", Text), optional("hashes", Hashes), optional("size", NATURAL)],
    &[],
);

pub(super) static PDF: Shape = shape(
    "6.7.4",
    &[
        optional("version", Text),
        optional("is_optimized", Bool),
        optional("document_info_dict", Dictionary(D::Texts)),
        optional("pdfid0", Text),
        optional("pdfid1", Text),
    ],
    &[Rule::AnyOf(&["version", "is_optimized", "document_info_dict", "pdfid0", "pdfid1"])],
);

pub(super) static RASTER_IMAGE: Shape = shape(
    "6.7.5",
    &[
        optional("image_height", INTEGER),
        optional("image_width", INTEGER),
        optional("bits_per_pixel", INTEGER),
        // Defined by STIX 2.0 alone.
        optional("image_compression_algorithm", Text),
        optional("exif_tags", Dictionary(D::ExifTags)),
    ],
    &[Rule::AnyOf(&[
        "image_height",
        "image_width",
        "bits_per_pixel",
        "image_compression_algorithm",
        "exif_tags",
    ])],
);

static WINDOWS_PE_BINARY: Shape = shape(
    "6.7.6",
    WINDOWS_PE_BINARY_PROPERTIES,
    &[Rule::AnyOf(&[
        "imphash",
        "machine_hex",
        "number_of_sections",
        "time_date_stamp",
        "pointer_to_symbol_table_hex",
        "number_of_symbols",
        "size_of_optional_header",
        "characteristics_hex",
        "file_header_hashes",
        "optional_header",
        "sections",
    ])],
);

/// STIX 2.0 asks for the type of the binary alone.
pub(super) static WINDOWS_PE_BINARY_20: Shape = shape("6.7.6", WINDOWS_PE_BINARY_PROPERTIES, &[]);

static WINDOWS_PE_BINARY_PROPERTIES: &[Property] = &[
    required("pe_type", Vocabulary(words::PeBinaryType::WORDS)),
    optional("imphash", Text),
    optional("machine_hex", HEX),
    optional("number_of_sections", NATURAL),
    optional("time_date_stamp", WholeSeconds),
    optional("pointer_to_symbol_table_hex", HEX),
    optional("number_of_symbols", NATURAL),
    optional("size_of_optional_header", NATURAL),
    optional("characteristics_hex", HEX),
    optional("file_header_hashes", Hashes),
    optional("optional_header", Object(&PE_OPTIONAL_HEADER)),
    optional("sections", List(&Object(&PE_SECTION))),
];

static PE_SECTION: Shape = shape(
    "6.7.6.2",
    &[
        required("name", Text),
        optional("size", NATURAL),
        optional("entropy", NUMBER),
        optional("hashes", Hashes),
    ],
    &[],
);

static PE_OPTIONAL_HEADER: Shape = Shape {
    section: "6.7.6.1",
    properties: PE_OPTIONAL_HEADER_PROPERTIES,
    rules: &[Rule::Check(rules::not_empty)],
    closed: true,
};

const PE_OPTIONAL_HEADER_PROPERTIES: &[Property] = &[
    optional("magic_hex", HEX),
    optional("major_linker_version", INTEGER),
    optional("minor_linker_version", INTEGER),
    optional("size_of_code", NATURAL),
    optional("size_of_initialized_data", NATURAL),
    optional("size_of_uninitialized_data", NATURAL),
    optional("address_of_entry_point", INTEGER),
    optional("base_of_code", INTEGER),
    optional("base_of_data", INTEGER),
    optional("image_base", INTEGER),
    optional("section_alignment", INTEGER),
    optional("file_alignment", INTEGER),
    optional("major_os_version", INTEGER),
    optional("minor_os_version", INTEGER),
    optional("major_image_version", INTEGER),
    optional("minor_image_version", INTEGER),
    optional("major_subsystem_version", INTEGER),
    optional("minor_subsystem_version", INTEGER),
    optional("win32_version_value_hex", HEX),
    optional("size_of_image", NATURAL),
    optional("size_of_headers", NATURAL),
    optional("checksum_hex", HEX),
    optional("subsystem_hex", HEX),
    optional("dll_characteristics_hex", HEX),
    optional("size_of_stack_reserve", NATURAL),
    optional("size_of_stack_commit", NATURAL),
    optional("size_of_heap_reserve", NATURAL),
    optional("size_of_heap_commit", NATURAL),
    optional("loader_flags_hex", HEX),
    optional("number_of_rva_and_sizes", INTEGER),
    optional("hashes", Hashes),
];

static HTTP_REQUEST: Shape = shape(
    "6.12.2",
    &[
        required("request_method", Text),
        required("request_value", Text),
        optional("request_version", Text),
        optional("request_header", Dictionary(D::TextLists)),
        optional("message_body_length", INTEGER),
        optional("message_body_data_ref", reference(&["artifact"])),
    ],
    &[],
);

pub(super) static ICMP: Shape =
    shape("6.12.3", &[required("icmp_type_hex", HEX), required("icmp_code_hex", HEX)], &[]);

static SOCKET: Shape = shape(
    "6.12.4",
    &[
        required("address_family", Enumeration(words::AddressFamily::WORDS)),
        optional("is_blocking", Bool),
        optional("is_listening", Bool),
        optional("options", Dictionary(D::SocketOptions)),
        optional("socket_type", Enumeration(words::SocketType::WORDS)),
        optional("socket_descriptor", NATURAL),
        optional("socket_handle", INTEGER),
    ],
    &[],
);

pub(super) static TCP: Shape = shape(
    "6.12.5",
    &[optional("src_flags_hex", HEX), optional("dst_flags_hex", HEX)],
    &[Rule::AnyOf(&["src_flags_hex", "dst_flags_hex"])],
);

pub(super) static WINDOWS_PROCESS: Shape = shape(
    "6.13.2",
    &[
        optional("aslr_enabled", Bool),
        optional("dep_enabled", Bool),
        optional("priority", Text),
        optional("owner_sid", Text),
        optional("window_title", Text),
        optional("startup_info", Dictionary(D::StartupInfo)),
        optional("integrity_level", Enumeration(words::IntegrityLevel::WORDS)),
    ],
    &[
        Rule::AnyOf(&[
            "aslr_enabled",
            "dep_enabled",
            "priority",
            "owner_sid",
            "window_title",
            "startup_info",
            "integrity_level",
        ]),
        Rule::Check(rules::process_priority),
    ],
);

static WINDOWS_SERVICE: Shape = shape(
    "6.13.3",
    &[
        optional("service_name", Text),
        optional("descriptions", TEXTS),
        optional("display_name", Text),
        optional("group_name", Text),
        optional("start_type", Enumeration(words::ServiceStartType::WORDS)),
        optional("service_dll_refs", List(&reference(&["file"]))),
        optional("service_type", Enumeration(words::ServiceType::WORDS)),
        optional("service_status", Enumeration(words::ServiceStatus::WORDS)),
    ],
    &[Rule::AnyOf(&[
        "service_name",
        "descriptions",
        "display_name",
        "group_name",
        "start_type",
        "service_dll_refs",
        "service_type",
        "service_status",
    ])],
);

static UNIX_ACCOUNT: Shape = shape(
    "6.16.2",
    &[
        optional("gid", INTEGER),
        optional("groups", TEXTS),
        optional("home_dir", Text),
        optional("shell", Text),
    ],
    &[Rule::AnyOf(&["gid", "groups", "home_dir", "shell"])],
);
