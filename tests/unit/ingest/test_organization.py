"""An organization, its people, its teams."""

from uuid import UUID

from services.ingest.aggregates.organization import (
    EraseOrganization,
    FormTeam,
    FoundOrganization,
    InviteUser,
    JoinTeam,
    organizations,
)
from shared.contracts.ingest import OrganizationErased, OrganizationFounded, TeamFormed, TeamJoined, UserInvited
from shared.core.errors import NotFound, Refused
from shared.testing.given import given

ORG, ADA, GRACE, TEAM = (UUID(int=number) for number in range(1, 5))
FOUND = FoundOrganization(ORG, "Engines", ADA, "ada@crm.example")
FOUNDED = OrganizationFounded(organization_id=ORG, name="Engines", owner_id=ADA, owner_email="ada@crm.example")
INVITED = UserInvited(user_id=GRACE, email="grace@crm.example", role="member")
FORMED = TeamFormed(team_id=TEAM, name="Back office", slug="back-office", owner_id=ADA)
OWNS = TeamJoined(team_id=TEAM, user_id=ADA, role="owner")


def test_an_organization_is_founded_once():
    given(organizations).when(FOUND).then(FOUNDED)
    given(organizations, FOUNDED).when(FOUND).then_nothing()


def test_nothing_happens_in_an_organization_that_does_not_exist():
    for command in (
        InviteUser(GRACE, "grace@crm.example", "member"),
        FormTeam(TEAM, "Back office", "back-office", ADA),
        JoinTeam(TEAM, GRACE, "member"),
    ):
        given(organizations).when(command).then_refused(NotFound, "does not exist")


def test_a_person_is_invited_once():
    command = InviteUser(GRACE, "grace@crm.example", "member")
    given(organizations, FOUNDED).when(command).then(INVITED)
    given(organizations, FOUNDED, INVITED).when(command).then_nothing()


def test_two_people_cannot_have_one_address_whatever_its_capitals():
    other = InviteUser(UUID(int=9), "GRACE@crm.example", "member")
    given(organizations, FOUNDED, INVITED).when(other).then_refused(Refused, "belongs to the organization already")
    owner = InviteUser(UUID(int=9), "Ada@crm.example", "admin")
    given(organizations, FOUNDED).when(owner).then_refused(Refused, "belongs to the organization already")


def test_who_forms_a_team_is_its_first_member():
    given(organizations, FOUNDED).when(FormTeam(TEAM, "Back office", "back-office", ADA)).then(FORMED, OWNS)


def test_two_teams_cannot_have_one_short_name():
    other = FormTeam(UUID(int=9), "Other", "back-office", ADA)
    given(organizations, FOUNDED, FORMED, OWNS).when(other).then_refused(Refused, "a team back-office exists already")


def test_only_a_person_of_the_organization_can_own_a_team():
    stranger = FormTeam(TEAM, "Back office", "back-office", GRACE)
    given(organizations, FOUNDED).when(stranger).then_refused(NotFound, f"no user {GRACE}")


def test_only_a_person_of_the_organization_can_join_a_team():
    given(organizations, FOUNDED, FORMED).when(JoinTeam(TEAM, GRACE, "member")).then_refused(NotFound, "no user")


def test_nobody_joins_a_team_that_does_not_exist():
    given(organizations, FOUNDED, INVITED).when(JoinTeam(TEAM, GRACE, "member")).then_refused(NotFound, "no team")


def test_a_member_gets_another_role_by_joining_again():
    joined = TeamJoined(team_id=TEAM, user_id=GRACE, role="member")
    before = [FOUNDED, INVITED, FORMED, OWNS, joined]
    given(organizations, before).when(JoinTeam(TEAM, GRACE, "member")).then_nothing()
    given(organizations, before).when(JoinTeam(TEAM, GRACE, "admin")).then_only(TeamJoined, role="admin")


def test_an_organization_is_erased_once_and_nothing_follows():
    erased = OrganizationErased(organization_id=ORG)
    given(organizations, FOUNDED).when(EraseOrganization(ORG)).then(erased)
    given(organizations, FOUNDED, erased).when(EraseOrganization(ORG)).then_nothing()
    given(organizations, FOUNDED, erased).when(FOUND).then_nothing()
    invite = InviteUser(GRACE, "grace@crm.example", "member")
    given(organizations, FOUNDED, erased).when(invite).then_refused(Refused, "was erased")
    given(organizations).when(EraseOrganization(ORG)).then_refused(NotFound, "does not exist")
