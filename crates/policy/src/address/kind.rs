//! The kinds of address that are refused, each with its code, and which of them nothing lifts.

use crate::Code;

/// What an address is, when it is not simply public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is described once, in the table of codes: see `AddressKind::code`")]
pub enum AddressKind {
    Unspecified,
    ThisNetwork,
    Private,
    Shared,
    Loopback,
    LinkLocal,
    Metadata,
    ProtocolAssignments,
    Documentation,
    Relay,
    Benchmark,
    Multicast,
    Reserved,
    Broadcast,
    UniqueLocal,
    SiteLocal,
    OutsideGlobal,
    Compatible,
    Translated,
    Nat64,
    Tunnel,
    Own,
    Neighbour,
    Listener,
}

impl AddressKind {
    /// The code under which it is refused.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Unspecified => Code::AddrUnspecified,
            Self::ThisNetwork => Code::AddrThisNetwork,
            Self::Private => Code::AddrPrivate,
            Self::Shared => Code::AddrShared,
            Self::Loopback => Code::AddrLoopback,
            Self::LinkLocal => Code::AddrLinkLocal,
            Self::Metadata => Code::AddrMetadata,
            Self::ProtocolAssignments => Code::AddrProtocolAssignments,
            Self::Documentation => Code::AddrDocumentation,
            Self::Relay => Code::AddrRelay,
            Self::Benchmark => Code::AddrBenchmark,
            Self::Multicast => Code::AddrMulticast,
            Self::Reserved => Code::AddrReserved,
            Self::Broadcast => Code::AddrBroadcast,
            Self::UniqueLocal => Code::AddrUniqueLocal,
            Self::SiteLocal => Code::AddrSiteLocal,
            Self::OutsideGlobal => Code::AddrOutsideGlobal,
            Self::Compatible => Code::AddrCompatible,
            Self::Translated => Code::AddrTranslated,
            Self::Nat64 => Code::AddrNat64,
            Self::Tunnel => Code::AddrTunnel,
            Self::Own => Code::AddrOwn,
            Self::Neighbour => Code::AddrNeighbour,
            Self::Listener => Code::AddrListener,
        }
    }

    /// Whether no exemption of any rule lifts the refusal. Link-local belongs here: that is where metadata services live.
    /// Forms that carry IPv4 inside IPv6 too: an exemption names the address itself, never a disguise of it.
    #[must_use]
    pub const fn is_always_refused(self) -> bool {
        match self {
            Self::Unspecified | Self::ThisNetwork | Self::LinkLocal | Self::Metadata | Self::Multicast | Self::Broadcast => true,
            Self::Compatible | Self::Translated | Self::Nat64 | Self::Tunnel | Self::Listener => true,
            Self::Private | Self::Shared | Self::Loopback | Self::ProtocolAssignments | Self::Documentation => false,
            Self::Relay | Self::Benchmark | Self::Reserved | Self::UniqueLocal | Self::SiteLocal => false,
            Self::OutsideGlobal | Self::Own | Self::Neighbour => false,
        }
    }
}
