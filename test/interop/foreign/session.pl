# A session of Net::LDAP with the service: what it does prints one JSON object. argv: host, port.
use strict;
use warnings;
use IO::Select;
use JSON::PP;
use Net::LDAP;
use Net::LDAP::Control::Paged;
use Net::LDAP::Control::Sort;
use Net::LDAP::Control::PersistentSearch;
use Net::LDAP::Constant qw(LDAP_CONTROL_PAGED);
use Net::LDAP::Extension::Refresh;
use Net::LDAP::Extension::WhoAmI;
use Net::LDAP::Schema;
use Net::LDAP::LDIF;

my ($host, $port) = @ARGV;
my $base = 'ou=Dynamic,o=Intranet';
my %out;
sub good { my $m = shift; die $m->error_name . ': ' . $m->error . "\n" if $m->is_error; return $m }

my $ldap = Net::LDAP->new($host, port => $port) or die $@;
good($ldap->bind('cn=admin,o=Intranet', password => 'secret'));
my $dse = $ldap->root_dse;
$out{version} = [sort $dse->get_value('supportedLDAPVersion')];
$out{who} = $ldap->who_am_i->response;
my $schema = $ldap->schema;
$out{must} = [sort map { $_->{name} } $schema->must('rtConference')];
$out{syntax} = $schema->attribute('ipAddress')->{equality};

for my $name ('c', 'A', 'b') {
  good($ldap->add("uid=perl $name,$base", attrs => [
    objectClass => ['rtConference', 'dynamicObject'], conferenceBlob => "v=0\r\n", url => 'http://x',
  ]));
}
my $page = Net::LDAP::Control::Paged->new(size => 2);
my $sort = Net::LDAP::Control::Sort->new(order => 'uid');
my @names;
while (1) {
  my $m = good($ldap->search(base => $base, scope => 'one', filter => '(uid=perl*)', control => [$page, $sort]));
  push @names, map { $_->get_value('uid') } $m->entries;
  my ($answer) = $m->control(LDAP_CONTROL_PAGED) or last;
  my $cookie = $answer->cookie or last;
  $page->cookie($cookie);
}
$out{sorted} = \@names;

my $entry = good($ldap->search(base => "uid=perl a,$base", scope => 'base', filter => '(objectClass=*)'))->entry(0);
$entry->add(originator => ['x', 'y']);
$entry->delete('url');
$entry->replace(generalDescription => 'changed');
good($entry->update($ldap));
good($ldap->modify("uid=perl a,$base", changes => [delete => [originator => 'X'], add => [rating => 1], increment => [rating => 2]]));
my $read = good($ldap->search(base => "uid=perl A,$base", scope => 'base', filter => '(rating=3)'))->entry(0);
$out{changed} = { map { $_ => [$read->get_value($_)] } qw(originator generalDescription rating) };
$out{url} = $read->exists('url') ? 1 : 0;
$out{refresh} = good($ldap->refresh(entryName => "uid=perl a,$base", requestTtl => 4000))->get_ttl;
$out{compare} = [map { $ldap->compare("uid=perl a,$base", attr => 'originator', value => $_)->code } qw(Y z)];
good($ldap->moddn("uid=perl a,$base", newrdn => 'uid=perl z', deleteoldrdn => 1));
$out{missing} = $ldap->delete("uid=perl a,$base")->error_name;

# Persistent search tells of a change that another connection makes.
my $other = Net::LDAP->new($host, port => $port, async => 0) or die $@;
good($other->bind('cn=admin,o=Intranet', password => 'secret'));
my $watcher = Net::LDAP->new($host, port => $port, async => 1) or die $@;
my $watch = Net::LDAP::Control::PersistentSearch->new(changeTypes => 15, changesOnly => 1, returnECs => 1);
my $seen;
my $search = $watcher->search(
  base => $base, scope => 'one', filter => '(uid=perl*)', control => [$watch],
  callback => sub { my ($message, $found) = @_; $seen = $found->dn if ref $found && $found->isa('Net::LDAP::Entry'); });
my $begun = $watcher->compare($base, attr => 'ou', value => 'x'); # answered after the search has begun
$begun->sync;
good($other->delete("uid=perl z,$base"));
my $readable = IO::Select->new($watcher->socket);
while (!defined $seen && $readable->can_read(20)) { $watcher->process }
$out{watched} = $seen;
$watcher->abandon($search);

good($ldap->delete("uid=perl $_,$base")) for qw(b c);
$out{left} = good($ldap->search(base => $base, filter => '(uid=perl*)'))->count;
$ldap->unbind;

my $old = Net::LDAP->new($host, port => $port, version => 2) or die $@;
good($old->bind(version => 2));
$out{'version 2'} = good($old->search(base => 'o=Intranet', filter => '(ou=Dynamic)'))->count;
print JSON::PP->new->canonical->encode(\%out), "\n";
