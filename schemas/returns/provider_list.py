"""The list of children's homes and of supported accommodation that Ofsted keeps and the department hands out.

One workbook for the country with a sheet for homes and one for supported accommodation. By its number (URN)
an episode of the SSDA903 names the place where a child lives, so numbers, names and addresses here say as
much of a child as a postcode does: they stay in the identified part of the store.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from schemas.table import Table, column

SEEN = (2025,)
"""Years whose list we have read."""
Urn = Annotated[str | None, column("Ofsted's number of the provider, as the 903 has it.", identifies=True)]
Name = Annotated[str | None, column("Name, number or report of the place.", identifies=True)]
Address = Annotated[str | None, column("Part of the address, or how to reach the place.", identifies=True)]
Owner = Annotated[str | None, column("Who owns it, or where the owner is.", identifies=True)]
OwnerType = Annotated[str | None, column("Kind of owner.")]
ProviderType = Annotated[str | None, column("Kind of provider.")]
Sector = Annotated[str | None, column("Who runs it: private, voluntary, an authority.")]
Status = Annotated[str | None, column("Whether it is registered.")]
Conditions = Annotated[str | None, column("Conditions of the registration, in words.", identifies=True)]
Registered = Annotated[date | None, column("Day of registration.", dates_the_return=True)]
Ended = Annotated[date | None, column("Day on which registration ended; blank while it lasts.")]


class ChildrensHomes(Table):
    """One row per children's home or agency."""

    VIEW: ClassVar[str] = "childrens_homes"
    DFE: ClassVar[str] = "Providers"

    local_authority: Annotated[str | None, column("Authority in which the home is, by name.")]
    urn: Urn
    provider_type: ProviderType
    provider_subtype: Annotated[str | None, column("Kind of home.")]
    sector: Sector
    provider_name: Name
    registration_date: Registered
    registration_status: Status
    deregistration_date: Ended
    placement_code: Annotated[
        str | None, column("Placement type that the 903 gives its placements.", codes="ssda903_place")
    ]
    provider_address_line_1: Address
    provider_address_line_2: Address
    provider_town: Address
    provider_county: Address
    provider_postcode: Address
    provider_telephone_number: Address
    provider_email_address: Address
    owner_type: OwnerType
    owner_id: Owner
    owner_name: Owner
    owner_address_line_1: Owner
    owner_address_line_2: Owner
    owner_town: Owner
    owner_county: Owner
    owner_postcode: Owner
    top_company: Owner
    region: Annotated[str | None, column("Region in which the home is.")]
    placement_provider_code: Annotated[
        str | None,
        column("Kind of provider that the 903 gives its placements.", codes="ssda903_place_provider"),
    ]
    date_of_last_full_inspection: Annotated[date | None, column("Day of the last full inspection.")]
    overall_effectiveness: Annotated[str | None, column("Its overall judgement.")]
    cyp_safety: Annotated[str | None, column("How well children are helped and protected, as judged.")]
    leadership_and_management: Annotated[str | None, column("Leaders and managers, as judged.")]
    cyp_outcomes: Annotated[str | None, column("Experiences and progress of the children, as judged.")]
    interim_inspection_start_date: Annotated[
        date | None, column("Day on which the interim inspection began.")
    ]
    interim_inspection_overall_effectiveness: Annotated[str | None, column("Its judgement.")]
    assurance_visit_start_date: Annotated[date | None, column("Day on which the assurance visit began.")]
    link_to_ofsted_report: Name
    number_of_registered_places: Annotated[int | None, column("Places registered.", unit="places")]
    emotional_and_behavioural_difficulties: Annotated[
        str | None, column("Takes children with emotional or behavioural difficulties.")
    ]
    mental_disorders: Annotated[str | None, column("Takes children with mental disorders.")]
    sensory_impairment: Annotated[str | None, column("Takes children with sensory impairment.")]
    present_alcohol_problems: Annotated[str | None, column("Takes children with alcohol problems.")]
    present_drug_problems: Annotated[str | None, column("Takes children with drug problems.")]
    learning_difficulty: Annotated[str | None, column("Takes children with learning difficulties.")]
    physical_disabilities: Annotated[str | None, column("Takes children with physical disabilities.")]
    multi_building_ch: Annotated[str | None, column("The home is in several buildings.")]
    conditions: Conditions
    linked_school_urn: Name
    linked_school_name: Name
    linked_school_type: Annotated[str | None, column("Kind of school linked to the home.")]
    linked_school_latest_inspection_date: Annotated[
        date | None, column("Day of that school's last inspection.")
    ]


class SupportedAccommodation(Table):
    """One row per setting of supported accommodation."""

    VIEW: ClassVar[str] = "supported_accommodation"
    DFE: ClassVar[str] = "SA Providers"

    provider_local_authority: Annotated[str | None, column("Authority in which the provider is, by name.")]
    setting_local_authority: Annotated[str | None, column("Authority in which the setting is, by name.")]
    urn: Urn
    provider_type: ProviderType
    sector: Sector
    provider_name: Name
    registration_date: Registered
    registration_status: Status
    closed_date: Ended
    placement_code: Annotated[
        str | None, column("Placement type that the 903 gives its placements.", codes="ssda903_place")
    ]
    setting_status: Annotated[str | None, column("Whether the setting is open.")]
    setting_status_date: Annotated[date | None, column("Day from which that holds.")]
    setting_category: Annotated[str | None, column("Kind of supported accommodation.")]
    capacity: Annotated[int | None, column("Places in the setting.", unit="places")]
    setting_address_line_1: Address
    setting_address_line_2: Address
    setting_address_line_3: Address
    setting_address_town: Address
    setting_address_county: Address
    setting_address_postcode: Address
    provider_telephone_number: Address
    provider_email_address: Address
    owner_type: OwnerType
    owner_id: Owner
    owner_name: Owner
    owner_address_line_1: Owner
    owner_address_line_2: Owner
    owner_town: Owner
    owner_county: Owner
    owner_postcode: Owner
    conditions: Conditions


TABLES: tuple[type[Table], ...] = (ChildrensHomes, SupportedAccommodation)
