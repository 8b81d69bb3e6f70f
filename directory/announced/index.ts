/**
 * What is announced on the network (SAP, RFC 2974) as a directory: listened to, kept from one run to the next, found by
 * name, origin or hash.
 */
export { AnnouncedDirectory, DEFAULT_WAIT_MS } from './announced-directory.ts';
export { type Announcement, conferenceOf, describedConference, hashText } from './announcement.ts';
export { ANNOUNCEMENTS_FILE } from './cache-file.ts';
export { type AnnouncementEvent, Listening } from './listening.ts';
export { AmbiguousNameError, designations, findAnnouncement } from './names.ts';
export { openAnnounced, openListening } from './open.ts';
export { type AnnouncedOptions, isAnnouncedTarget } from './target.ts';
export { openVoice, type Voice } from './voice.ts';
