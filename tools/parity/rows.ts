/**
 * Every feature of the conferencing part of TAPI 3 (Windows 2000 to 2003), one line each, in our own words:
 *
 *     ID | status | feature | remark
 *
 * `done` and `partly` are claims made by hand here and held against the tests: a row is done only if at least one test
 * has its id in the title. The remark says what is missing, or why we do it differently.
 */
export interface ParityArea {
  readonly title: string;
  readonly rows: string;
}

export const PARITY_AREAS: readonly ParityArea[] = [
  {
    title: 'Entry point',
    rows: `
RV-01 | done | One entry object from which directories and conferences are made
RV-02 | done | List the directories that are configured by default, one at a time
RV-03 | done | The same list as a whole
RV-04 | done | Open a directory by kind and server name without connecting yet
RV-05 | done | Make a new conference or user object with default values, nothing sent yet
`,
  },
  {
    title: 'Directory',
    rows: `
DIR-01 | done | Kind of directory, known before connecting
DIR-02 | done | Name of the directory for people
DIR-03 | done | Whether entries of this server expire unless refreshed
DIR-04 | done | Default lifetime of new entries in seconds
DIR-05 | done | Set that lifetime; less than 300 s is refused
DIR-06 | done | Refresh entries automatically, for those added after it was switched on
DIR-07 | done | Connect, in the clear or over TLS, once
DIR-08 | done | Authenticate: anonymously, with name and password, by SCRAM without sending it, or by certificate
DIR-09 | done | Publish an object
DIR-10 | done | Commit local changes of an object
DIR-11 | done | Renew the lifetime of an entry
DIR-12 | done | Remove an entry
DIR-13 | done | Find objects of one kind by name, with * as wildcard
DIR-14 | done | The same as a collection
DIR-20 | done | Choose which parts of the default credentials a bind uses
`,
  },
  {
    title: 'Directory object',
    rows: `
OBJ-01 | done | Kind of the object: conference or user
OBJ-02 | done | Its name
OBJ-03 | done | Rename it: by modify DN, or by an add and a delete where the server has none
OBJ-04 | done | Addresses of one type that can be called, one at a time
OBJ-05 | done | The same as a collection
OBJ-06 | done | Read the access rights of the entry
OBJ-07 | done | Set the access rights of the entry
OBJ-10 | done | Address types: phone number, SDP, e-mail, domain name, IP address
`,
  },
  {
    title: 'User object',
    rows: `
USR-01 | done | The computer at which a user is reached
USR-02 | done | Set it on a new object; changing it later is a delete and an add
USR-03 | done | Publish a user so that others can look the user up
USR-04 | done | Find users by the start of their name
`,
  },
  {
    title: 'Conference object',
    rows: `
CNF-01 | done | Protocol identifier of the conference, read-only
CNF-02 | done | Read the originator
CNF-03 | done | Set the originator
CNF-04 | done | Read the advertising scope: local, site, region or world
CNF-05 | done | Set the advertising scope
CNF-06 | done | Read the address of a page with more about it
CNF-07 | done | Set that address
CNF-08 | done | Read the description
CNF-09 | done | Set the description
CNF-10 | done | Read the encryption flag
CNF-11 | done | Set the encryption flag
CNF-12 | done | Read the start time
CNF-13 | done | Set the start time
CNF-14 | done | Read the stop time; none means without end
CNF-15 | done | Set the stop time
CNF-16 | done | The conference's name is the session name in its SDP
`,
  },
  {
    title: 'Locator server settings',
    rows: `
ILS-01 | done | Read the port in use
ILS-02 | done | Set the port, before connecting only
ILS-03 | done | Without a port try 1002, then 389 | a host alone is tried, then at 636 with TLS; a URL without a port means 389 or 636 (RFC 4516)
`,
  },
  {
    title: 'Conference blob',
    rows: `
BLB-01 | done | Make it once, from text or from defaults
BLB-02 | done | Character set: ASCII, UTF-7 or UTF-8
BLB-03 | done | The whole blob as text
BLB-04 | done | Replace the whole text
BLB-05 | done | Blobs in another format are kept and passed on untouched
`,
  },
  {
    title: 'Session description',
    rows: `
SDP-01 | done | Validate structure and values
SDP-02 | done | Protocol version
SDP-03 | done | Session id, set when it is made
SDP-04 | done | Session version, raised with every change
SDP-05 | done | Address of the originating machine
SDP-06 | done | Session name
SDP-07 | done | Session description
SDP-08 | done | Address of a background page
SDP-09 | done | User name of the originator
SDP-10 | done | E-mail addresses with names
SDP-11 | done | Phone numbers with names
SDP-12 | done | Media list
SDP-13 | done | Time list
SDP-14 | done | Repeat times and zone adjustments
`,
  },
  {
    title: 'Times',
    rows: `
TIM-01 | done | Insert a time at a position
TIM-02 | done | Remove a time
TIM-03 | done | Number of times
TIM-04 | done | Time at a position
TIM-05 | done | Walk through the times
TIM-06 | done | Read a start time
TIM-07 | done | Set a start time
TIM-08 | done | Read a stop time; 0 means without end
TIM-09 | done | Set a stop time
`,
  },
  {
    title: 'Media',
    rows: `
MED-01 | done | Insert a medium at a position
MED-02 | done | Remove a medium
MED-03 | done | Number of media
MED-04 | done | Medium at a position
MED-05 | done | Walk through the media
MED-06 | done | Read the kind of medium
MED-07 | done | Set the kind of medium
MED-08 | done | First port
MED-09 | done | Number of ports
MED-10 | done | Set first port and count together
MED-11 | done | Read the transport protocol
MED-12 | done | Set the transport protocol
MED-13 | done | Read the formats; the first is the default
MED-14 | done | Set the formats
MED-15 | done | Read the title
MED-16 | done | Set the title
MED-17 | done | A connection of its own
MED-18 | done | Attributes of its own
`,
  },
  {
    title: 'Connection',
    rows: `
CON-01 | done | Read the network type
CON-02 | done | Set the network type
CON-03 | done | Read the address type
CON-04 | done | Set the address type
CON-05 | done | First address
CON-06 | done | Number of addresses
CON-07 | done | TTL
CON-08 | done | Set address, count and TTL together
CON-09 | done | Read the bandwidth
CON-10 | done | Read the bandwidth modifier
CON-11 | done | Set bandwidth and modifier
CON-12 | done | Read the encryption key line
CON-13 | done | Set the encryption key line
`,
  },
  {
    title: 'Attributes',
    rows: `
ATT-01 | done | Number of attributes
ATT-02 | done | Attribute at a position
ATT-03 | done | Insert and remove an attribute
ATT-04 | done | The whole list at once
ATT-05 | done | Session attributes stand before the first medium
`,
  },
  {
    title: 'Multicast address allocation',
    rows: `
MAA-01 | done | List the scopes that a server offers
MAA-02 | done | Lease addresses of a scope for a time | several at once, too
MAA-03 | done | Renew a lease
MAA-04 | done | Release a lease
MAA-05 | done | Take a lease up again after a restart
MAA-06 | done | The same from plain values
MAA-07 | done | Allocate locally at random, only when asked for | checked against the directory, announced sessions and own leases
MAA-08 | done | IPv4 | and IPv6
SCP-01 | done | Scope id
SCP-02 | done | Id of the server that offers the scope
SCP-03 | done | Interface on which that server is reachable
SCP-04 | done | Description of the scope
SCP-05 | done | TTL of the scope
LEA-01 | done | Lease id, kept across restarts
LEA-02 | done | Read the start of the lease
LEA-03 | done | Set the start of the lease
LEA-04 | done | Read the end of the lease
LEA-05 | done | Set the end of the lease
LEA-06 | done | Number of addresses
LEA-07 | done | Server that granted the lease
LEA-08 | done | TTL of the lease
LEA-09 | done | The leased addresses
MAC-01 | done | Protocol version is negotiated | there is one version on the wire, 0; messages of any other are overlooked by both sides
MAC-02 | done | Make a client id
MAC-03 | done | Scope list is cached until asked for anew
MAC-04 | done | Request, renew and release by client id
MAC-05 | done | Request fields: start, duration, least and wanted number
MAC-06 | done | Reply fields: start, expiry, server, addresses
MAC-07 | done | Scope entry: ids, last address, TTL, description
`,
  },
  {
    title: 'Calls',
    rows: `
CAL-01 | done | A provider that takes session descriptions as addresses
CAL-02 | done | Make a call from a session description and a choice of media
CAL-03 | done | Connect within a time limit, from idle only
CAL-04 | done | Disconnect with a reason; says goodbye and leaves the group
CAL-05 | done | Call states and the moves allowed between them
CAL-06 | done | Hold and resume
CAL-07 | done | Ask for a quality of service per medium
CAL-08 | done | Pass raw video RTP through to a bridge | by forward, and in the library: what one session shows, another sends on; a bridge to H.323 is not included
CAL-09 | done | No server in the middle: every receiver mixes for itself
`,
  },
  {
    title: 'Streams, substreams, terminals',
    rows: `
STR-01 | done | The streams of a call, present when it is made
STR-02 | done | Add and remove streams | those of the session description; others are refused
STR-03 | done | Kind, direction and name of a stream
STR-04 | done | Start, pause and stop a stream
STR-05 | done | Attach and detach terminals
SUB-01 | done | One substream for each participant of a stream | made by themselves as sources are heard; none is made or removed by hand
SUB-02 | done | Start, pause, stop and attach per participant
TRM-01 | done | Terminals with name, state, kind and direction
TRM-02 | done | List terminals, make one, know the default | devices lists them on Linux (PipeWire, PulseAudio, ALSA); elsewhere they are made by name
TRM-03 | done | Volume
TRM-04 | done | Events of streams and terminals with their cause
`,
  },
  {
    title: 'Participants',
    rows: `
PAR-01 | done | The participants of a call
PAR-02 | done | What a participant says about itself, item by item
PAR-03 | done | Media a participant takes part in
PAR-04 | done | Streams a participant is on
PAR-05 | done | Mute a participant locally
PAR-06 | done | Set what we say about ourselves
PAR-07 | done | From participant to substream
PAR-08 | done | From substream to participant
PAR-09 | done | Show a participant on a chosen terminal | audio terminals; video is not shown
PAR-10 | done | Events carry participant and substream
PIN-01 | done | Canonical name
PIN-02 | done | Name
PIN-03 | done | E-mail address
PIN-04 | done | Phone number
PIN-05 | done | Location
PIN-06 | done | Tool
PIN-07 | done | Note
PIN-08 | done | Private items
PEV-01 | done | A participant joined
PEV-02 | done | Its information changed
PEV-03 | done | It left
PEV-04 | done | A substream appeared
PEV-05 | done | A substream is gone
PEV-06 | done | A participant is shown on a terminal | audio terminals
PEV-07 | done | A participant is no longer shown | audio terminals
PEV-08 | done | It timed out
PEV-09 | done | It came back after a time-out
PEV-10 | done | It became active
PEV-11 | done | It became inactive
PEV-12 | done | We began to talk
PEV-13 | done | We fell silent
`,
  },
  {
    title: 'Loopback',
    rows: `
LOO-01 | done | Loopback mode of a call
LOO-02 | done | None, the default
LOO-03 | done | Full: everything sent is heard
LOO-04 | done | Selective: others on this machine are heard, we are not
`,
  },
  {
    title: 'Quality',
    rows: `
QUA-01 | done | Bit rates and processor load of the call
QUA-02 | done | Bit rate and frame interval of a stream
QUA-03 | done | Level, silence threshold, volume, balance and tone
QUA-04 | partly | Gain control and echo cancellation of devices | automatic gain control; echo is cancelled by the sound system alone, through the device that it makes for it
QUA-05 | done | Formats: current, possible, order
QUA-06 | done | Label the traffic of an application | by DSCP, SO_PRIORITY and SO_MARK; of IPv6 flows the system makes the label itself
QUA-07 | done | Ask for a key picture | where the description has RTCP feedback; when a video is recorded, and by library call
QOS-01 | done | Levels: needed, if available, best effort
QOS-02 | done | Events: no QoS, admission, policy, other failure | from what is measured: marks refused; loss, delay and bandwidth; marks changed on the way; packets not sent
QOS-03 | done | The same on the provider's side | levels, changes during the call and events of a provider's session
QOS-04 | done | Reservation by flow specification | controlled load becomes DSCP within b=; a guarantee is refused with the reason
`,
  },
  {
    title: 'Enumeration and errors',
    rows: `
ENU-01 | done | Take, skip, restart and copy any enumeration | iterators of the language
ERR-01 | done | Bad time
ERR-02 | done | No server name
ERR-03 | done | Already connected
ERR-04 | done | Not connected
ERR-05 | done | The parent object is gone | of a medium that was removed; all else lives as long as anybody holds it
ERR-06 | done | Call errors: state, time-out, terminal, stream, address type
`,
  },
  {
    title: 'Defaults',
    rows: `
DEF-01 | done | Locator port 1002, then 389; TLS optional | a URL without a port means 389 (RFC 4516), a bare host is tried; our own service has 1389
DEF-02 | done | A client may not ask for less than 300 s
DEF-03 | done | User entries live 1800 s
DEF-04 | done | A conference lasts 30 minutes by default
DEF-05 | done | Everyone may read a conference, its owner may do everything
DEF-06 | done | Rights are tested with a throw-away conference | by the doctor command
DEF-07 | done | Users are not removed, they age out | those that are kept alive are removed on Ctrl-C, unlike those of the stock client
DEF-08 | done | Scope to TTL: 1, 15, 63, 127
DEF-09 | done | Default description: PCMU audio and H.263 video, TTL 15 | the default blob; the command publishes audio alone unless told otherwise
DEF-10 | done | Default character set ASCII | ASCII, which is a part of the UTF-8 that we write otherwise
DEF-11 | done | Operations give up after two minutes
DEF-12 | partly | Active Directory: lifetime 86400 s, least 900 s | they are the server’s own, and what it grants is what counts; shown with answers as its specification has them, as no test can start Windows and Samba has no dynamic objects
DEF-13 | done | Loopback off by default
DEF-14 | done | Local allocation only when configured | or where the directory of this computer is used alone
DEF-15 | done | Active Directory means the local domain controller | without a server’s name; found in the DNS of the domain that the computer belongs to, whatever its site
`,
  },
  {
    title: 'Applications',
    rows: `
APP-01 | done | Choose a server, give credentials, connect
APP-02 | done | List, refresh, delete and create conferences, view and edit the SDP
APP-03 | done | Create with name, description, times and permissions
APP-04 | partly | Join from a list, enlarge a picture | pictures are received and recorded, not shown
APP-05 | done | Invite people by other means
APP-06 | done | Install and publish a directory partition | the partition command prints LDIF for it
APP-07 | done | Test one's rights | the doctor command publishes a test entry, finds it and removes it
`,
  },
];
