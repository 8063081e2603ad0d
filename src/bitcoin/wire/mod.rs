//! What nodes say to each other: frames in a stream, and the messages in them.

mod addr;
mod compact;
mod frame;
mod kind;
mod payload;
mod reader;
mod version;

pub use addr::{NodeAddr, NodeHost};
pub use compact::{BlockTxn, BlockTxnRequest, CompactBlock};
pub use frame::{
    CommandName, FRAME_HEADER_LEN, Frame, FrameError, FrameHeader, Frames, HeaderError, PAYLOAD_MAX,
};
pub use kind::{ADDR_MAX, HEADERS_MAX, INV_MAX, Kind, LOCATOR_MAX, USER_AGENT_MAX};
pub use payload::{InvItem, InvKind, Locator, Message, MessageError, Reject};
pub use reader::{PayloadError, Reader, put_bytes, put_compact};
pub use version::{Services, Version};
