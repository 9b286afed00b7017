"""A look that was chosen becomes the brand's."""

from desk.brands.forms import LookForm
from tracking import logos
from tracking.logos import StoredLogo
from tracking.shipments.models import Brand


def keep(form: LookForm) -> Brand:
    """Keep what a valid form holds. The old logo goes from the storage once no brand has it.

    The new one is stored before anything is written: what is lost in between is a file that nobody asks for.
    """
    brand: Brand = form.instance
    replaced = brand.logo
    if form.cleaned_data["logo"]:
        _give(brand, logos.store(form.cleaned_data["logo"]))
    elif form.cleaned_data["removes_logo"]:
        _give(brand, StoredLogo("", 0, 0))
    form.save()
    if replaced and replaced != brand.logo:
        logos.discard(replaced)
    return brand


def _give(brand: Brand, logo: StoredLogo) -> None:
    brand.logo, brand.logo_width, brand.logo_height = logo.name, logo.width, logo.height
